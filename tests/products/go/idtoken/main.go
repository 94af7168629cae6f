// A program that signs people in with coreos/go-oidc and golang.org/x/oauth2, in the way of that library's own
// example: no PKCE, a nonce, the client authenticated as x/oauth2 finds out by trying. Then it refreshes once and
// asks userinfo, and says everything as JSON.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type party struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config
}

func main() {
	provider, err := oidc.NewProvider(context.Background(), os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	p := party{
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: os.Getenv("CLIENT_ID")}),
		config: oauth2.Config{
			ClientID:     os.Getenv("CLIENT_ID"),
			ClientSecret: os.Getenv("CLIENT_SECRET"),
			Endpoint:     provider.Endpoint(),
			RedirectURL:  os.Getenv("REDIRECT_URI"),
			Scopes:       []string{oidc.ScopeOpenID, "profile", "email", "groups", oidc.ScopeOfflineAccess},
		},
	}
	http.HandleFunc("/", p.begin)
	http.HandleFunc("/callback", p.finish)
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}

func (p party) begin(w http.ResponseWriter, r *http.Request) {
	state, nonce := rand.Text(), rand.Text()
	for name, value := range map[string]string{"state": state, "nonce": nonce} {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, MaxAge: 3600, HttpOnly: true})
	}
	more := []oauth2.AuthCodeOption{oidc.Nonce(nonce)}
	for name, values := range r.URL.Query() {
		more = append(more, oauth2.SetAuthURLParam(name, values[0]))
	}
	http.Redirect(w, r, p.config.AuthCodeURL(state, more...), http.StatusFound)
}

func (p party) finish(w http.ResponseWriter, r *http.Request) {
	state, err := r.Cookie("state")
	if err != nil || r.URL.Query().Get("state") != state.Value {
		http.Error(w, "state did not match", http.StatusBadRequest)
		return
	}
	if problem := r.URL.Query().Get("error"); problem != "" {
		http.Error(w, problem, http.StatusForbidden)
		return
	}
	token, err := p.config.Exchange(r.Context(), r.URL.Query().Get("code"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	claims, err := p.claims(r.Context(), token)
	nonce, _ := r.Cookie("nonce")
	if err != nil || nonce == nil || claims["nonce"] != nonce.Value {
		http.Error(w, "the ID token is not good", http.StatusBadGateway)
		return
	}
	p.show(w, r, token, claims)
}

func (p party) claims(ctx context.Context, token *oauth2.Token) (map[string]any, error) {
	raw, _ := token.Extra("id_token").(string)
	verified, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
		return nil, err
	}
	found := map[string]any{}
	return found, verified.Claims(&found)
}

func (p party) show(w http.ResponseWriter, r *http.Request, token *oauth2.Token, claims map[string]any) {
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	renewed, err := p.config.TokenSource(r.Context(), &old).Token()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	again, err := p.claims(r.Context(), renewed)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	info, err := p.provider.UserInfo(r.Context(), oauth2.StaticTokenSource(renewed))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	told := map[string]any{}
	if err := info.Claims(&told); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"claims": claims, "refreshed": again, "userinfo": told})
}
