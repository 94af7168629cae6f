// A relying party made of oauth4webapi alone, held to FAPI 2.0 with message signing: PAR, DPoP, JAR, JARM, and what comes
// is decrypted. It speaks with the test in lines of JSON, as openid_client.mjs does.
import { createInterface } from "node:readline";
import { compactDecrypt } from "jose";
import * as oauth from "oauth4webapi";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value ?? "null");
const say = (value) => process.stdout.write(`${JSON.stringify(value ?? null)}\n`);

const party = await read();
const { alg: _alg, ...signing } = party.signing;
const key = await crypto.subtle.importKey("jwk", signing, { name: "Ed25519" }, false, ["sign"]);
const { use: _use, ...decrypting } = party.decrypting;
const curve = { name: "ECDH", namedCurve: decrypting.crv };
const secret = await crypto.subtle.importKey("jwk", decrypting, curve, false, ["deriveBits"]);

const issuer = new URL(party.issuer);
const options = { [oauth.allowInsecureRequests]: true };
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
const client = { client_id: party.client_id, ...party.metadata };
const known = oauth.PrivateKeyJwt({ key, kid: party.signing.kid });
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const how = { keyManagementAlgorithms: ["ECDH-ES"], contentEncryptionAlgorithms: ["A256GCM"] };
const opened = async (jwe) => new TextDecoder().decode((await compactDecrypt(jwe, secret, how)).plaintext);
const opening = { ...options, [oauth.jweDecrypt]: opened };

// The first of each kind is answered by a nonce.
async function twice(ask) {
  try {
    return await ask();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return ask();
  }
}

let pending;
const actions = {
  begin: async ({ scope }) => {
    const verifier = oauth.generateRandomCodeVerifier();
    pending = { verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
    const asked = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: party.redirect_uri,
      response_type: "code",
      response_mode: "jwt",
      scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const request = await oauth.issueRequestObject(as, client, asked, { key, kid: party.signing.kid });
    const form = { client_id: client.client_id, request };
    const pushed = await twice(async () =>
      oauth.processPushedAuthorizationResponse(
        as,
        client,
        await oauth.pushedAuthorizationRequest(as, client, known, form, { ...options, DPoP }),
      ),
    );
    const url = new URL(as.authorization_endpoint);
    url.searchParams.set("client_id", client.client_id);
    url.searchParams.set("request_uri", pushed.request_uri);
    return url.href;
  },
  finish: async ({ url }) => {
    const answer = await oauth.validateJwtAuthResponse(as, client, new URL(url), pending.state, opening);
    const tokens = await twice(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, known, answer, party.redirect_uri, pending.verifier, {
          ...options,
          DPoP,
        }),
        { expectedNonce: pending.nonce, requireIdToken: true, ...opening },
      ),
    );
    return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
  },
  userinfo: async ({ token, sub }) =>
    twice(async () =>
      oauth.processUserInfoResponse(
        as,
        client,
        sub,
        await oauth.userInfoRequest(as, client, token, { ...options, DPoP }),
        opening,
      ),
    ),
  introspect: async ({ token }) =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, known, token, { ...options, requestJwtResponse: true }),
      opening,
    ),
};

say("ready");
for (let line = await read(); line; line = await read()) {
  try {
    say({ result: (await actions[line.action](line.values)) ?? null });
  } catch (error) {
    say({ error: error.error ?? error.code ?? String(error), cause: String(error.cause ?? error) });
  }
}
process.exit(0);
