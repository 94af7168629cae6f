package stepup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const most = 10_000 // tokens whose introspection is remembered

type known struct {
	lock  sync.Mutex
	found map[[sha256.Size]byte]kept
}

type kept struct {
	token *Token
	until time.Time
}

func (a *API) introspected(ctx context.Context, raw string) (*Token, error) {
	name := sha256.Sum256([]byte(raw))
	if found := a.known.get(name); found != nil {
		return found, nil
	}
	form := strings.NewReader(url.Values{"token": {raw}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.asked.Introspection, form)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(a.config.ClientID), url.QueryEscape(a.config.ClientSecret))
	answer, err := a.config.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("introspection answered %d", answer.StatusCode)
	}
	found := &Token{}
	if err := json.NewDecoder(answer.Body).Decode(found); err != nil {
		return nil, err
	}
	if found.Active == nil || !*found.Active {
		return nil, invalid("the access token is expired, revoked, or not for this API")
	}
	a.known.put(name, found, a.config.Cache)
	return found, nil
}

func (k *known) get(name [sha256.Size]byte) *Token {
	k.lock.Lock()
	defer k.lock.Unlock()
	if found, there := k.found[name]; there && time.Now().Before(found.until) {
		return found.token
	}
	return nil
}

func (k *known) put(name [sha256.Size]byte, found *Token, cache time.Duration) {
	until, ends := time.Now().Add(cache), time.Unix(int64(found.Expiry), 0)
	if ends.Before(until) {
		until = ends
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.found == nil || len(k.found) >= most {
		k.found = map[[sha256.Size]byte]kept{}
	}
	if cache > 0 {
		k.found[name] = kept{found, until}
	}
}
