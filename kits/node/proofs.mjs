// Proofs that whoever brings a token has its key (DPoP, RFC 9449 sections 4.3 and 7.1).
import { createHash } from "node:crypto";
import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from "jose";

const ALGS = ["ES256", "PS256", "RS256", "EdDSA", "Ed25519"];
const EARLY = 10; // seconds by which the clock of whoever makes a proof may be ahead
const LATE = 60; // seconds for which a proof is good
const LONGEST = 8192;

/** Checks proofs, and remembers which it has seen; another process does not. */
export class Proofs {
  #seen = new Map();

  /** Return true if a request proves the key of `token`: that of this JWK thumbprint. */
  async good(presented, token, thumbprint) {
    const lines = presented.dpop ?? [];
    if (lines.length !== 1 || lines[0].length > LONGEST) return false;
    try {
      const { payload, protectedHeader } = await jwtVerify(lines[0], EmbeddedJWK, { algorithms: ALGS, typ: "dpop+jwt" });
      const shown = await calculateJwkThumbprint(protectedHeader.jwk);
      return shown === thumbprint && this.#fits(payload, presented, token);
    } catch {
      return false;
    }
  }

  #fits(claims, presented, token) {
    const ath = createHash("sha256").update(token).digest("base64url");
    const { iat, jti } = claims;
    const now = Date.now() / 1000;
    return (
      claims.htm === presented.method &&
      samePlace(claims.htu, presented.url) &&
      claims.ath === ath &&
      typeof iat === "number" && iat >= now - LATE && iat <= now + EARLY &&
      typeof jti === "string" && jti.length > 0 && jti.length <= 256 &&
      this.#first(jti, now)
    );
  }

  #first(jti, now) {
    for (const [name, until] of this.#seen) {
      if (until >= now) break;
      this.#seen.delete(name);
    }
    if (this.#seen.has(jti)) return false;
    this.#seen.set(jti, now + LATE + EARLY);
    return true;
  }
}

function samePlace(said, url) {
  try {
    const [one, other] = [new URL(said), new URL(url)];
    return one.origin === other.origin && one.pathname === other.pathname;
  } catch {
    return false;
  }
}
