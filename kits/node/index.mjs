// Whether the sign-in behind an access token is strong and fresh enough for what an API does (RFC 9470).
//
// An Api takes what a request brought and returns what its token says, or throws Refused with the answer that RFC 6750
// and RFC 9470 have for it. It knows no web framework: express.mjs and fetch.mjs are a few lines each, and client.mjs is
// for whoever calls an API.
import { createHash } from "node:crypto";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { Proofs } from "./proofs.mjs";

const ALGS = ["RS256", "ES256", "PS256", "EdDSA", "Ed25519"];
const SKEW = 10; // seconds by which clocks may differ
const KEPT = 300; // seconds for which metadata is believed without asking again
const LONGEST = 8192; // characters of a token
const MOST = 10_000; // tokens whose introspection is remembered

const now = () => Date.now() / 1000;

/** A request that is not let in, with its answer: `status`, `headers` and `body`. */
export class Refused extends Error {
  constructor(status, error = "", text = "", { scheme = "Bearer", ...more } = {}) {
    super(error || "no token");
    this.status = status;
    const said = Object.entries({ error, error_description: text, ...more }).filter(([, value]) => value);
    const parts = said.map(([name, value]) => `${name}="${value}"`).join(", ");
    this.headers = { "WWW-Authenticate": `${scheme} ${parts}`.trim(), "Cache-Control": "no-store" };
    this.body = Object.fromEntries(said);
  }
}

/** The issuer cannot be asked now: nobody comes in. */
export class Unreachable extends Error {
  status = 503;
  headers = { "Retry-After": "5", "Cache-Control": "no-store" };
  body = { error: "temporarily_unavailable" };
}

/**
 * An API that takes access tokens of one issuer.
 *
 * `audience` is what `aud` of a token must name. Opaque tokens are introspected as the client `clientId`; the answer is
 * believed for `cache` seconds. Tokens by RFC 9068 are verified here, and live until they expire.
 */
export class Api {
  #issuer; #audience; #credentials; #cache; #timeout;
  #metadata = null;
  #keys = null;
  #known = new Map();
  #proofs = new Proofs();

  constructor({ issuer, audience, clientId = "", clientSecret = "", cache = 30, timeout = 5000 }) {
    this.#issuer = issuer;
    this.#audience = audience;
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    this.#credentials = `Basic ${Buffer.from(pair).toString("base64")}`;
    this.#cache = cache;
    this.#timeout = timeout;
  }

  /**
   * Return the claims of the token that `presented` brings: { authorization, method, url, dpop: [lines] }.
   *
   * `acr` is the level that is demanded: a name, which stands for itself and whatever the issuer lists behind it in
   * acr_values_supported (Acrux: weakest first), or an array of all that will do. `maxAge` is how old the oldest proof
   * may be, in seconds; all of `scopes` must be there. Throws Refused, or Unreachable.
   */
  async check(presented, { acr = [], maxAge = null, scopes = [] } = {}) {
    const [scheme, token] = tokenOf(presented.authorization ?? "");
    const claims = token.split(".").length === 3 ? await this.#signed(token) : await this.#introspected(token);
    const audiences = [claims.aud].flat();
    const lives = typeof claims.exp === "number" && claims.exp > now() - SKEW;
    if ((claims.active ?? true) !== true || !lives || claims.iss !== this.#issuer || !audiences.includes(this.#audience)) {
      throw invalid("the access token is expired, revoked, or not for this API");
    }
    await this.#checkBinding(claims, presented, scheme, token);
    const held = new Set(String(claims.scope ?? "").split(" "));
    if (!scopes.every((one) => held.has(one))) {
      throw new Refused(403, "insufficient_scope", "more is needed", { scheme: named(scheme), scope: scopes.join(" ") });
    }
    await this.#checkSignIn(claims, scheme, acr, maxAge);
    return claims;
  }

  async #checkSignIn(claims, scheme, acr, maxAge) {
    const error = "insufficient_user_authentication";
    const wanted = { scheme: named(scheme), acr_values: [acr].flat().join(" ") };
    if (maxAge !== null) wanted.max_age = String(maxAge);
    if (wanted.acr_values && !(await this.#enough(acr)).includes(claims.acr)) {
      throw new Refused(401, error, "a stronger sign-in is needed", wanted);
    }
    const at = claims.auth_time;
    if (maxAge !== null && !(Number.isInteger(at) && now() - at <= maxAge)) {
      throw new Refused(401, error, "a newer sign-in is needed", wanted);
    }
  }

  async #enough(acr) {
    if (Array.isArray(acr)) return acr;
    const listed = (await this.#asked()).acr_values_supported ?? [];
    const at = listed.indexOf(acr);
    return at < 0 ? [acr] : listed.slice(at);
  }

  async #checkBinding(claims, presented, scheme, token) {
    if (claims.cnf === undefined && scheme === "bearer") return;
    const thumbprint = claims.cnf?.jkt;
    if (typeof thumbprint !== "string" || scheme !== "dpop") {
      throw invalid("this token is brought in another way", "DPoP");
    }
    if (!(await this.#proofs.good(presented, token, thumbprint))) {
      throw new Refused(401, "invalid_dpop_proof", "the proof does not fit", { scheme: "DPoP", algs: "ES256" });
    }
  }

  async #signed(token) {
    const { jwks_uri: uri } = await this.#asked();
    this.#keys ??= createRemoteJWKSet(new URL(uri), { timeoutDuration: this.#timeout, cooldownDuration: 10_000 });
    try {
      const type = String(decodeProtectedHeader(token).typ ?? "").toLowerCase().replace(/^application\//, "");
      if (type !== "at+jwt") throw new TypeError("no access token");
      return (await jwtVerify(token, this.#keys, { algorithms: ALGS, clockTolerance: SKEW })).payload;
    } catch (error) {
      if (["ERR_JWKS_TIMEOUT", "ERR_JOSE_GENERIC"].includes(error.code) || error.message === "fetch failed") {
        throw new Unreachable("the keys cannot be had");
      }
      throw invalid("the access token cannot be verified");
    }
  }

  async #introspected(token) {
    const name = createHash("sha256").update(token).digest("base64");
    const kept = this.#known.get(name);
    if (kept && now() < kept.until) return kept.found;
    const { introspection_endpoint: uri } = await this.#asked();
    const found = await this.#json(uri, {
      method: "POST",
      headers: { authorization: this.#credentials },
      body: new URLSearchParams({ token }),
    });
    if (found.active === true && this.#cache > 0) {
      this.#known.delete(name);
      this.#known.set(name, { found, until: Math.min(now() + this.#cache, found.exp ?? 0) });
      while (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value);
    }
    return found;
  }

  async #asked() {
    if (!this.#metadata || now() - this.#metadata.at > KEPT) {
      const found = await this.#json(`${this.#issuer}/.well-known/openid-configuration`);
      if (found.issuer !== this.#issuer) throw new Unreachable("the metadata is of another issuer");
      this.#metadata = { at: now(), found };
    }
    return this.#metadata.found;
  }

  async #json(url, options = {}) {
    try {
      const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(this.#timeout), ...options });
      const found = answer.status === 200 ? await answer.json() : null;
      if (found && typeof found === "object") return found;
    } catch {
      // What is not to be had is not to be had, whatever the reason.
    }
    throw new Unreachable("the issuer cannot be asked");
  }
}

function tokenOf(authorization) {
  const [scheme, ...rest] = authorization.split(" ");
  const token = rest.join(" ").trim();
  if (!["bearer", "dpop"].includes(scheme.toLowerCase()) || !token) throw new Refused(401);
  if (token.length > LONGEST || !/^[!-~]+$/.test(token)) throw invalid("this is no access token");
  return [scheme.toLowerCase(), token];
}

function named(scheme) {
  return scheme === "dpop" ? "DPoP" : "Bearer";
}

function invalid(text, scheme = "Bearer") {
  return new Refused(401, "invalid_token", text, { scheme });
}
