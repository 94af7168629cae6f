// For handlers of the fetch kind (Request in, Response out): Hono, Deno, workers, Node's own servers with an adapter.
import { Refused, Unreachable } from "./index.mjs";

/** Return `handler(request, token)` as a handler that is called with what the token says: see Api.check. */
export function demands(api, wanted, handler) {
  return async (request, ...rest) => {
    const proof = request.headers.get("dpop");
    const presented = {
      authorization: request.headers.get("authorization") ?? "",
      method: request.method,
      url: request.url,
      // Several lines are one here, apart by commas: that is no proof, and refused.
      dpop: proof === null ? [] : [proof],
    };
    try {
      return await handler(request, await api.check(presented, wanted), ...rest);
    } catch (refusal) {
      if (!(refusal instanceof Refused || refusal instanceof Unreachable)) throw refusal;
      return Response.json(refusal.body, { status: refusal.status, headers: refusal.headers });
    }
  };
}
