import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import test from "node:test";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { stepUp } from "./client.mjs";
import { Proofs } from "./proofs.mjs";

const URL_ = "https://pay.example.org/pay";
const TOKEN = "the-token";
const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(publicKey);
const thumbprint = await calculateJwkThumbprint(jwk);
const ath = createHash("sha256").update(TOKEN).digest("base64url");
const seconds = () => Math.floor(Date.now() / 1000);

function proof(changes = {}, header = {}) {
  const claims = { htm: "POST", htu: URL_, iat: seconds(), jti: randomUUID(), ath, ...changes };
  return new SignJWT(claims).setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk, ...header }).sign(privateKey);
}

async function good(dpop, proofs = new Proofs()) {
  return proofs.good({ method: "POST", url: URL_, dpop: await Promise.all(dpop) }, TOKEN, thumbprint);
}

test("a proof of the key for this request is good, once", async () => {
  const proofs = new Proofs();
  const one = await proof({ htu: "HTTPS://PAY.example.org:443/pay?x=1" });
  assert.equal(await good([one], proofs), true);
  assert.equal(await good([one], proofs), false);
});

test("a proof for something else is none", async () => {
  const other = await exportJWK((await generateKeyPair("ES256")).publicKey);
  for (const changes of [
    { htm: "GET" }, { htu: "https://evil.example/pay" }, { htu: "x" }, { htu: undefined }, { ath: "x" },
    { ath: undefined }, { iat: seconds() - 120 }, { iat: seconds() + 120 }, { iat: undefined }, { jti: "" }, { jti: 1 },
  ]) {
    assert.equal(await good([proof(changes)]), false, JSON.stringify(changes));
  }
  for (const header of [{ typ: "JWT" }, { jwk: other }, { jwk: { kty: "EC" } }, { jwk: undefined }]) {
    assert.equal(await good([proof({}, header)]), false, JSON.stringify(header));
  }
  assert.equal(await good([]), false);
  assert.equal(await good([proof(), proof()]), false);
  assert.equal(await good(["x".repeat(9000)]), false);
});

test("a proof that shows its private key is none", async () => {
  assert.equal(await good([proof({}, { jwk: await exportJWK(privateKey) })]), false);
});

test("only what asks for a sign-in becomes one", () => {
  const asks = 'Bearer realm="a, b=\\"c\\"", error="insufficient_user_authentication", acr_values="a b", max_age=5';
  assert.deepEqual(stepUp(401, asks), { acr_values: "a b", max_age: "5" });
  assert.equal(stepUp(403, asks), null);
  assert.equal(stepUp(401, 'Bearer error="invalid_token"'), null);
  assert.equal(stepUp(401, null), null);
});
