// A relying party made of the certified library openid-client. It speaks with the test in lines of
// JSON: it prints where to send the browser, reads where the browser came back, prints what it got.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, clientSecret, redirectUri, wish] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const config = await client.discovery(
  new URL(issuer),
  clientId,
  undefined,
  client.ClientSecretBasic(clientSecret),
  { execute: [client.allowInsecureRequests] },
);

async function signIn(extra) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...extra,
  });
  say({ open: url.href });
  const { value } = await lines.next();
  try {
    const tokens = await client.authorizationCodeGrant(config, new URL(value), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    const again = await client.refreshTokenGrant(config, tokens.refresh_token);
    say({ claims, userinfo, refreshed: again.claims(), rotated: again.refresh_token !== tokens.refresh_token });
  } catch (error) {
    say({ error: error.error ?? error.code ?? String(error) });
  }
}

for (const extra of JSON.parse(wish)) await signIn(extra);
process.exit(0);
