// A program without a browser that signs in with the device flow of golang.org/x/oauth2, unmodified. It prints what it
// would show to a person as a line of JSON, waits as that library does, and prints what it got as another.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"),
		Endpoint: provider.Endpoint(),
		Scopes:   []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess},
	}
	asked, err := config.DeviceAuth(ctx, oauth2.SetAuthURLParam("acr_values", os.Getenv("ACR")))
	if err != nil {
		log.Fatal(err)
	}
	say(map[string]any{
		"code": asked.UserCode, "address": asked.VerificationURI, "qr": asked.VerificationURIComplete,
	})
	token, err := config.DeviceAccessToken(ctx, asked)
	if err != nil {
		if refused, ok := err.(*oauth2.RetrieveError); ok {
			say(map[string]any{"error": refused.ErrorCode})
			return
		}
		log.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil {
		log.Fatal(err)
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		log.Fatal(err)
	}
	say(map[string]any{"claims": claims, "refresh": token.RefreshToken != ""})
}

func say(what map[string]any) {
	if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
		log.Fatal(err)
	}
}
