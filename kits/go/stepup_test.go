package stepup

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	place = "https://pay.example.org/pay"
	token = "the-token"
)

func keyOf(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	print, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return key, base64.RawURLEncoding.EncodeToString(print)
}

func made(t *testing.T, key *ecdsa.PrivateKey, kind string, changes map[string]any) string {
	t.Helper()
	hash := sha256.Sum256([]byte(token))
	claims := map[string]any{
		"htm": "POST", "htu": place, "iat": time.Now().Unix(), "jti": fmt.Sprint(time.Now().UnixNano()),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	}
	for name, value := range changes {
		claims[name] = value
	}
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(kind))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(content)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAProofOfTheKeyForThisRequestIsGoodOnce(t *testing.T) {
	key, print := keyOf(t)
	var p proofs
	one := made(t, key, "dpop+jwt", map[string]any{"htu": "HTTPS://PAY.example.org:443/pay?x=1"})
	if !p.good([]string{one}, "POST", place, token, print) {
		t.Error("it is not")
	}
	if p.good([]string{one}, "POST", place, token, print) {
		t.Error("it is good again")
	}
}

func TestAProofForSomethingElseIsNone(t *testing.T) {
	key, print := keyOf(t)
	other, _ := keyOf(t)
	wrong := []map[string]any{
		{"htm": "GET"}, {"htu": "https://evil.example/pay"}, {"htu": "%"}, {"htu": nil}, {"ath": "x"}, {"ath": nil},
		{"iat": time.Now().Unix() - 120}, {"iat": time.Now().Unix() + 120}, {"iat": nil}, {"iat": "now"}, {"jti": ""},
	}
	lines := [][]string{
		{}, {"x"}, {made(t, key, "JWT", nil)}, {made(t, other, "dpop+jwt", nil)},
		{made(t, key, "dpop+jwt", nil), made(t, key, "dpop+jwt", nil)},
	}
	for _, changes := range wrong {
		lines = append(lines, []string{made(t, key, "dpop+jwt", changes)})
	}
	for i, one := range lines {
		var p proofs
		if p.good(one, "POST", place, token, print) {
			t.Errorf("%d is good: %v", i, one)
		}
	}
}

func TestOnlyWhatAsksForASignInBecomesOne(t *testing.T) {
	answer := func(status int, said string) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Www-Authenticate": {said}}}
	}
	asks := `Bearer realm="a, b=\"c\"", error="insufficient_user_authentication", acr_values="a b", max_age=5`
	if found := StepUp(answer(401, asks)); found.Encode() != "acr_values=a+b&max_age=5" {
		t.Error(found)
	}
	for _, one := range []*http.Response{answer(403, asks), answer(401, `Bearer error="invalid_token"`), answer(401, "")} {
		if found := StepUp(one); found != nil {
			t.Error(found)
		}
	}
}
