// Package stepup lets an API demand a level and an age of the sign-in behind an access token (RFC 9470).
//
// An API takes what a request brought and says what its token says, or answers as RFC 6750 and RFC 9470 do. Opaque tokens
// are introspected (RFC 7662), signed ones (RFC 9068) are verified by the issuer's keys with go-oidc. StepUp is for
// whoever calls an API.
package stepup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	skew    = 10 * time.Second // by which clocks may differ
	longest = 8192             // characters of a token
)

var algs = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.PS256, jose.EdDSA}

// Config says which tokens an API takes.
type Config struct {
	Issuer   string
	Audience string // what aud of a token must name
	// To introspect opaque tokens; signed ones are verified here.
	ClientID, ClientSecret string
	// For how long an introspection is believed: so long a revoked token may still work.
	Cache time.Duration
	// HTTP asks the issuer; nil: a client that gives up after five seconds.
	HTTP *http.Client
	// URL is the address of a request as its caller knows it, which only tokens that are bound to a key need; nil:
	// what the request itself says, with https where it came by TLS.
	URL func(*http.Request) string
}

// Demands are what a sign-in has to be.
type Demands struct {
	// ACR is a level: it stands for itself and whatever the issuer lists behind it in acr_values_supported (Acrux:
	// weakest first). Several are all that will do.
	ACR []string
	// MaxAge is how old the oldest proof may be; 0: any age.
	MaxAge time.Duration
	// Scopes must all be there.
	Scopes []string
}

// Token is what a token that was let in says.
type Token struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience audience        `json:"aud"`
	Scope    string          `json:"scope"`
	ACR      string          `json:"acr"`
	AMR      []string        `json:"amr"`
	AuthTime int64           `json:"auth_time"`
	Expiry   float64         `json:"exp"`
	Active   *bool           `json:"active"`
	Key      json.RawMessage `json:"cnf"`
}

type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	var several []string
	err := json.Unmarshal(text, &several)
	*a = several
	return err
}

// API takes access tokens of one issuer. It may be used by several goroutines at once.
type API struct {
	config   Config
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	asked    struct {
		Introspection string   `json:"introspection_endpoint"`
		Levels        []string `json:"acr_values_supported"`
	}
	known  known
	proofs proofs
}

// New asks the issuer for its metadata; ctx is that of the whole API, not of a request.
func New(ctx context.Context, config Config) (*API, error) {
	if config.HTTP == nil {
		config.HTTP = &http.Client{Timeout: 5 * time.Second}
	}
	if config.URL == nil {
		config.URL = address
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, config.HTTP), config.Issuer)
	if err != nil {
		return nil, err
	}
	a := &API{config: config, provider: found}
	if err := found.Claims(&a.asked); err != nil {
		return nil, err
	}
	names := make([]string, len(algs))
	for i, alg := range algs {
		names[i] = string(alg)
	}
	a.verifier = found.Verifier(&oidc.Config{ClientID: config.Audience, SupportedSigningAlgs: names})
	return a, nil
}

type key struct{}

// From returns what the token of a request says that Demand has let in; nil for any other.
func From(ctx context.Context) *Token {
	found, _ := ctx.Value(key{}).(*Token)
	return found
}

// Demand returns what lets a request on to the next handler, or answers it.
func (a *API) Demand(wanted Demands) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			found, err := a.check(r, wanted)
			var no *refusal
			switch {
			case errors.As(err, &no):
				no.answer(w)
			case err != nil:
				w.Header().Set("Retry-After", "5")
				refuse(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable"})
			default:
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, found)))
			}
		})
	}
}

func (a *API) check(r *http.Request, wanted Demands) (*Token, error) {
	scheme, raw, err := bearer(r)
	if err != nil {
		return nil, err
	}
	found, err := a.read(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	lives := time.Unix(int64(found.Expiry), 0).After(time.Now().Add(-skew))
	dead := found.Active != nil && !*found.Active
	if dead || !lives || found.Issuer != a.config.Issuer || !slices.Contains(found.Audience, a.config.Audience) {
		return nil, invalid("the access token is expired, revoked, or not for this API")
	}
	if err := a.checkBinding(r, scheme, raw, found); err != nil {
		return nil, err
	}
	held := strings.Fields(found.Scope)
	for _, one := range wanted.Scopes {
		if !slices.Contains(held, one) {
			scopes := strings.Join(wanted.Scopes, " ")
			return nil, refused(scheme, http.StatusForbidden, "insufficient_scope", "more is needed", "scope", scopes)
		}
	}
	return found, a.checkSignIn(scheme, found, wanted)
}

func (a *API) read(ctx context.Context, raw string) (*Token, error) {
	if strings.Count(raw, ".") != 2 {
		return a.introspected(ctx, raw)
	}
	parsed, err := jose.ParseSigned(raw, algs)
	if err != nil || len(parsed.Signatures) != 1 {
		return nil, invalid("the access token cannot be verified")
	}
	kind, _ := parsed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if strings.TrimPrefix(strings.ToLower(kind), "application/") != "at+jwt" {
		return nil, invalid("this is no access token")
	}
	verified, err := a.verifier.Verify(oidc.ClientContext(ctx, a.config.HTTP), raw)
	if err != nil && strings.Contains(err.Error(), "fetching keys") {
		return nil, err // which go-oidc gives no type of its own
	}
	if err != nil {
		return nil, invalid("the access token cannot be verified")
	}
	found := &Token{}
	if err := verified.Claims(found); err != nil {
		return nil, invalid("the access token cannot be read")
	}
	found.Active = nil
	return found, nil
}

func (a *API) checkBinding(r *http.Request, scheme, raw string, found *Token) error {
	if found.Key == nil && scheme == "bearer" {
		return nil
	}
	var bound struct {
		Thumbprint string `json:"jkt"`
	}
	if json.Unmarshal(found.Key, &bound) != nil || bound.Thumbprint == "" || scheme != "dpop" {
		return refused("dpop", http.StatusUnauthorized, "invalid_token", "this token is brought in another way")
	}
	if !a.proofs.good(r.Header.Values("DPoP"), r.Method, a.config.URL(r), raw, bound.Thumbprint) {
		return refused("dpop", http.StatusUnauthorized, "invalid_dpop_proof", "the proof does not fit", "algs", "ES256")
	}
	return nil
}

func (a *API) checkSignIn(scheme string, found *Token, wanted Demands) error {
	more := []string{"acr_values", strings.Join(wanted.ACR, " ")}
	if wanted.MaxAge > 0 {
		more = append(more, "max_age", strconv.Itoa(int(wanted.MaxAge.Seconds())))
	}
	const short = "insufficient_user_authentication"
	if len(wanted.ACR) > 0 && !slices.Contains(a.enough(wanted.ACR), found.ACR) {
		return refused(scheme, http.StatusUnauthorized, short, "a stronger sign-in is needed", more...)
	}
	old := found.AuthTime == 0 || time.Since(time.Unix(found.AuthTime, 0)) > wanted.MaxAge
	if wanted.MaxAge > 0 && old {
		return refused(scheme, http.StatusUnauthorized, short, "a newer sign-in is needed", more...)
	}
	return nil
}

func (a *API) enough(acr []string) []string {
	if at := slices.Index(a.asked.Levels, acr[0]); len(acr) == 1 && at >= 0 {
		return a.asked.Levels[at:]
	}
	return acr
}

func bearer(r *http.Request) (string, string, error) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	scheme, raw = strings.ToLower(scheme), strings.TrimSpace(raw)
	if (scheme != "bearer" && scheme != "dpop") || raw == "" {
		return "", "", refused("bearer", http.StatusUnauthorized, "", "")
	}
	strange := strings.IndexFunc(raw, func(c rune) bool { return c <= ' ' || c > '~' }) >= 0
	if len(raw) > longest || strange {
		return "", "", invalid("this is no access token")
	}
	return scheme, raw, nil
}

func address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s%s", scheme, r.Host, r.URL.Path)
}
