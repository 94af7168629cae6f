// An API of pay runs, with the kit of kits/node: in Express, or as a handler of the fetch kind on Node's own server.
import { createServer } from "node:http";
import express from "express";
import { Api } from "acrux-step-up";
import { demands as inExpress } from "acrux-step-up/express";
import { demands as inFetch } from "acrux-step-up/fetch";

const [, , kind, port] = process.argv;
const api = new Api(JSON.parse(process.env.KIT_API));
const PAY = { acr: "urn:acrux:acr:mfa", maxAge: 300 };
const ROUTES = [
  ["GET", "/read", { scopes: ["openid"] }, (token) => ({ sub: token.sub })],
  ["POST", "/pay", PAY, (token) => ({ sub: token.sub, acr: token.acr })],
  ["GET", "/phr", { acr: "phr" }, () => ({})],
];

function withExpress() {
  const app = express();
  for (const [method, path, wanted, told] of ROUTES) {
    app[method.toLowerCase()](path, inExpress(api, wanted), (request, response) => response.json(told(request.token)));
  }
  return app;
}

function withFetch() {
  const handlers = new Map(ROUTES.map(([method, path, wanted, told]) =>
    [`${method} ${path}`, inFetch(api, wanted, (_request, token) => Response.json(told(token)))]));
  return async (incoming, outgoing) => {
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, lines]) => lines.map((line) => [name, line]));
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, { method: incoming.method, headers });
    const answer = await handlers.get(`${incoming.method} ${incoming.url}`)(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(await answer.text());
  };
}

createServer(kind === "express" ? withExpress() : withFetch()).listen(Number(port), "127.0.0.1");
