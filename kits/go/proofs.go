package stepup

import (
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	early = 10 * time.Second // by which the clock of whoever makes a proof may be ahead
	late  = 60 * time.Second // for which a proof is good
	seen  = 100_000          // proofs that are remembered
)

// Proofs of a key (DPoP, RFC 9449 sections 4.3 and 7.1). It remembers which it has seen; another process does not.
type proofs struct {
	lock sync.Mutex
	seen map[string]time.Time
}

type proof struct {
	Method string   `json:"htm"`
	URL    string   `json:"htu"`
	At     *float64 `json:"iat"`
	ID     string   `json:"jti"`
	Hash   string   `json:"ath"`
}

func (p *proofs) good(lines []string, method, place, token, thumbprint string) bool {
	if len(lines) != 1 || len(lines[0]) > longest {
		return false
	}
	found, ok := shown(lines[0], thumbprint)
	if !ok || found.At == nil || found.ID == "" || len(found.ID) > 256 {
		return false
	}
	hash := sha256.Sum256([]byte(token))
	at := time.Unix(int64(*found.At), 0)
	age := time.Since(at)
	return found.Method == method && same(found.URL, place) && age <= late && -age <= early &&
		equal(found.Hash, base64.RawURLEncoding.EncodeToString(hash[:])) && p.first(found.ID)
}

func shown(line, thumbprint string) (proof, bool) {
	var found proof
	signed, err := jose.ParseSigned(line, algs)
	if err != nil || len(signed.Signatures) != 1 {
		return found, false
	}
	head := signed.Signatures[0].Protected
	if kind, _ := head.ExtraHeaders[jose.HeaderType].(string); kind != "dpop+jwt" {
		return found, false
	}
	if head.JSONWebKey == nil || !head.JSONWebKey.IsPublic() || !head.JSONWebKey.Valid() {
		return found, false
	}
	mine, err := head.JSONWebKey.Thumbprint(crypto.SHA256)
	if err != nil || !equal(base64.RawURLEncoding.EncodeToString(mine), thumbprint) {
		return found, false
	}
	content, err := signed.Verify(head.JSONWebKey)
	return found, err == nil && json.Unmarshal(content, &found) == nil
}

func (p *proofs) first(id string) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	now := time.Now()
	if len(p.seen) >= seen {
		for name, until := range p.seen {
			if until.Before(now) {
				delete(p.seen, name)
			}
		}
	}
	if until, there := p.seen[id]; there && until.After(now) {
		return false
	}
	if p.seen == nil {
		p.seen = map[string]time.Time{}
	}
	p.seen[id] = now.Add(late + early)
	return true
}

func equal(one, other string) bool {
	return subtle.ConstantTimeCompare([]byte(one), []byte(other)) == 1
}

// Two addresses are the same but for query and fragment (RFC 9449 section 4.3, RFC 3986 section 6.2).
func same(one, other string) bool {
	a, err := url.Parse(one)
	if err != nil {
		return false
	}
	b, err := url.Parse(other)
	return err == nil && plain(a) == plain(b) && path(a) == path(b)
}

func plain(u *url.URL) string {
	port := u.Port()
	if (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		port = ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

func path(u *url.URL) string {
	if u.EscapedPath() == "" {
		return "/"
	}
	return u.EscapedPath()
}
