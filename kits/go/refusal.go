package stepup

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A refusal is an answer to a request that is not let in (RFC 6750 section 3, RFC 9470 section 3).
type refusal struct {
	status int
	scheme string
	said   [][2]string
}

func (r *refusal) Error() string { return "the request is not let in" }

func refused(scheme string, status int, code, text string, more ...string) error {
	said := [][2]string{{"error", code}, {"error_description", text}}
	for i := 0; i+1 < len(more); i += 2 {
		said = append(said, [2]string{more[i], more[i+1]})
	}
	name := "Bearer"
	if scheme == "dpop" {
		name = "DPoP"
	}
	return &refusal{status, name, said}
}

func invalid(text string) error {
	return refused("bearer", http.StatusUnauthorized, "invalid_token", text)
}

func (r *refusal) answer(w http.ResponseWriter) {
	body, parts := map[string]string{}, []string{}
	for _, one := range r.said {
		if one[1] != "" {
			body[one[0]] = one[1]
			parts = append(parts, one[0]+`="`+one[1]+`"`)
		}
	}
	w.Header().Set("WWW-Authenticate", strings.TrimSpace(r.scheme+" "+strings.Join(parts, ", ")))
	refuse(w, r.status, body)
}

func refuse(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

var (
	parameter = regexp.MustCompile(`([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))`)
	escaped   = regexp.MustCompile(`\\(.)`)
)

// StepUp returns the parameters of an authorization request that the answer of an API asks for (RFC 9470 section 4), nil
// where a new sign-in would not help. Add them to the usual ones, send the person, and call again with the new token, once.
func StepUp(answer *http.Response) url.Values {
	said := map[string]string{}
	for _, one := range parameter.FindAllStringSubmatch(answer.Header.Get("WWW-Authenticate"), -1) {
		said[strings.ToLower(one[1])] = escaped.ReplaceAllString(one[2], "$1") + one[3]
	}
	if answer.StatusCode != http.StatusUnauthorized || said["error"] != "insufficient_user_authentication" {
		return nil
	}
	found := url.Values{}
	for _, name := range []string{"acr_values", "max_age"} {
		if said[name] != "" {
			found.Set(name, said[name])
		}
	}
	return found
}
