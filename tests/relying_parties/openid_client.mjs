// A relying party made of the certified library openid-client. It speaks with the test in lines of
// JSON: the first says who it is, each further one names something to do, and each gets one answer.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value ?? "null");
const say = (value) => process.stdout.write(`${JSON.stringify(value ?? null)}\n`);

const party = await read();

const algorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
};

async function privateKey() {
  const key = await crypto.subtle.importKey("jwk", { ...party.key, alg: undefined }, algorithms[party.key.alg], false, ["sign"]);
  return { key, kid: party.key.kid };
}

async function authentication() {
  switch (party.method) {
    case "client_secret_post":
      return client.ClientSecretPost(party.secret);
    case "client_secret_jwt":
      return client.ClientSecretJwt(party.secret);
    case "private_key_jwt":
      return client.PrivateKeyJwt(await privateKey());
    case "none":
      return client.None();
    case "tls_client_auth":
    case "self_signed_tls_client_auth":
      return client.TlsClientAuth();
    default:
      return client.ClientSecretBasic(party.secret);
  }
}

// Node's own fetch shows no certificate: this one does, and is handed to the library as it provides for.
const identity = party.tls && {
  cert: readFileSync(party.tls.cert),
  key: readFileSync(party.tls.cert),
  ca: readFileSync(party.tls.ca),
};
const byCertificate = (url, { method, headers, body }) =>
  new Promise((done, failed) => {
    const asked = request(url, { method, headers, ...identity }, async (answer) => {
      const pieces = [];
      for await (const piece of answer) pieces.push(piece);
      done(new Response(Buffer.concat(pieces), { status: answer.statusCode, headers: answer.headers }));
    });
    asked.on("error", failed);
    asked.end(body ? String(body) : undefined);
  });

const connected = (url, options) => (url.startsWith("https:") ? byCertificate : fetch)(url, options);

const config = await client.discovery(
  new URL(party.issuer),
  party.client_id,
  party.metadata,
  await authentication(),
  {
    execute: [client.allowInsecureRequests],
    ...(identity ? { [client.customFetch]: connected } : {}),
  },
);

const bound = party.dpop
  ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair(party.dpop)) }
  : undefined;

let pending;
let asked;

async function begin(extra) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  pending = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
  return {
    redirect_uri: party.redirect_uri,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...extra,
  };
}

function response({ url, form }) {
  if (!form) return new URL(url);
  return new Request(url, { method: "POST", body: new URLSearchParams(form) });
}

const told = (tokens) => ({ ...tokens, claims: tokens.claims() });

const actions = {
  metadata: () => config.serverMetadata(),
  authorize: async (extra) => client.buildAuthorizationUrl(config, await begin(extra)).href,
  authorizeSigned: async (extra) => {
    const parameters = await begin(extra);
    return (await client.buildAuthorizationUrlWithJAR(config, parameters, await privateKey())).href;
  },
  authorizePushed: async (extra) => (await client.buildAuthorizationUrlWithPAR(config, await begin(extra), bound)).href,
  finish: async (answer) =>
    told(
      await client.authorizationCodeGrant(
        config,
        response(answer),
        { ...pending, idTokenExpected: true },
        undefined,
        bound,
      ),
    ),
  refresh: async ({ token }) => told(await client.refreshTokenGrant(config, token, undefined, bound)),
  device: async (parameters) => (asked = await client.initiateDeviceAuthorization(config, parameters)),
  awaitDevice: async () => told(await client.pollDeviceAuthorizationGrant(config, asked)),
  behind: async (parameters) => (asked = await client.initiateBackchannelAuthentication(config, parameters)),
  awaitBehind: async () => told(await client.pollBackchannelAuthenticationGrant(config, asked)),
  exchange: (parameters) =>
    client.genericGrantRequest(config, "urn:ietf:params:oauth:grant-type:token-exchange", parameters),
  own: async ({ scope }) => client.clientCredentialsGrant(config, scope ? { scope } : {}, bound),
  userinfo: ({ token, sub }) => client.fetchUserInfo(config, token, sub, bound),
  introspect: ({ token }) => client.tokenIntrospection(config, token),
  revoke: ({ token }) => client.tokenRevocation(config, token),
  signOut: (parameters) => client.buildEndSessionUrl(config, parameters).href,
  takeSignedAnswers: () => client.useJwtResponseMode(config),
  decrypt: async ({ key, enc }) => {
    const use = key.kty === "RSA" ? ["decrypt", "unwrapKey"] : ["deriveBits"];
    const how = key.kty === "RSA" ? { name: "RSA-OAEP", hash: "SHA-256" } : { name: "ECDH", namedCurve: key.crv };
    const mine = await crypto.subtle.importKey("jwk", { ...key, use: undefined }, how, false, use);
    client.enableDecryptingResponses(config, [enc], { key: mine, kid: key.kid });
  },
  checkSignatures: () => client.enableNonRepudiationChecks(config),
};

// The provider's own word for it where there is one: in the answer, or in the body of a 401.
async function reason(error) {
  if (error.error) return { error: error.error, cause: error.error_description ?? "" };
  if (error.response && !error.response.bodyUsed) {
    const text = await error.response.text();
    return { error: JSON.parse(text || "{}").error ?? error.code, cause: text };
  }
  return { error: error.code ?? String(error), cause: String(error.cause ?? error) };
}

say("ready");
for (let line = await read(); line; line = await read()) {
  try {
    say({ result: (await actions[line.action](line.values)) ?? null });
  } catch (error) {
    say(await reason(error));
  }
}
process.exit(0);
