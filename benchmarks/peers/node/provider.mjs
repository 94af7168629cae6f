// node-oidc-provider as a peer: one confidential client, whoever asks to sign in is signed in, a grant for what is asked.
// PORT, DATABASE (sqlite:FILE or a PostgreSQL address), SYNCHRONOUS (FULL or NORMAL), SECRET and REDIRECT_URI come from the environment.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";
import { adapter } from "./store.mjs";

const { PORT, DATABASE, SYNCHRONOUS, SECRET, REDIRECT_URI } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  adapter: await adapter(DATABASE, SYNCHRONOUS),
  jwks: { keys: [{ ...key, kid: "first", use: "sig", alg: "RS256" }] },
  clients: [{
    client_id: "bench",
    client_secret: SECRET,
    redirect_uris: [REDIRECT_URI],
    response_types: ["code"],
    grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    token_endpoint_auth_method: "client_secret_basic",
    scope: "openid profile email offline_access",
  }],
  scopes: ["openid", "profile", "email", "offline_access"],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
  cookies: { keys: ["one key to sign cookies with"] },
  pkce: { required: () => true },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: false },
  },
  // As Acrux does: a refresh token comes with each code, and another one with each use.
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  ttl: { Session: 14 * 86400, Grant: 14 * 86400, AccessToken: 600, AuthorizationCode: 60, RefreshToken: 86400, IdToken: 600, Interaction: 1800, ClientCredentials: 600 },
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: id, email: `${id}@example.org`, email_verified: true }),
  }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  const accountId = details.session?.accountId ?? "person";
  if (details.prompt.name === "login") {
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId } }, { mergeWithLastSubmission: true });
  }
  const grant = new provider.Grant({ accountId, clientId: "bench" });
  grant.addOIDCScope("openid profile email offline_access");
  return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
});
provider.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
