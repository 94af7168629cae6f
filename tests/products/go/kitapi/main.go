// An API of pay runs with the kit of kits/go, on net/http.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"example.org/acrux/stepup"
)

func main() {
	var said struct {
		Issuer, Audience       string
		ClientID, ClientSecret string
		Cache                  int
	}
	if err := json.Unmarshal([]byte(os.Getenv("KIT_API")), &said); err != nil {
		log.Fatal(err)
	}
	api, err := stepup.New(context.Background(), stepup.Config{
		Issuer: said.Issuer, Audience: said.Audience, ClientID: said.ClientID, ClientSecret: said.ClientSecret,
		Cache: time.Duration(said.Cache) * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	route := func(pattern string, wanted stepup.Demands, told func(*stepup.Token) map[string]string) {
		http.Handle(pattern, api.Demand(wanted)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(w).Encode(told(stepup.From(r.Context())))
		})))
	}
	route("GET /read", stepup.Demands{Scopes: []string{"openid"}}, func(t *stepup.Token) map[string]string {
		return map[string]string{"sub": t.Subject}
	})
	pay := stepup.Demands{ACR: []string{"urn:acrux:acr:mfa"}, MaxAge: 5 * time.Minute}
	route("POST /pay", pay, func(t *stepup.Token) map[string]string {
		return map[string]string{"sub": t.Subject, "acr": t.ACR}
	})
	route("GET /phr", stepup.Demands{ACR: []string{"phr"}}, func(*stepup.Token) map[string]string {
		return map[string]string{}
	})
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[1], ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}
