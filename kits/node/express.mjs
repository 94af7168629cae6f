// For Express: a handler before one's own; `request.token` is what the token says.
import { Refused, Unreachable } from "./index.mjs";

/** Return a handler that lets a request on to the next one: see Api.check. */
export function demands(api, wanted = {}) {
  return async (request, response, next) => {
    try {
      request.token = await api.check(
        {
          authorization: request.get("authorization"),
          method: request.method,
          url: `${request.protocol}://${request.get("host")}${request.originalUrl}`,
          dpop: request.headersDistinct?.dpop ?? [],
        },
        wanted,
      );
    } catch (refusal) {
      if (!(refusal instanceof Refused || refusal instanceof Unreachable)) return next(refusal);
      return response.status(refusal.status).set(refusal.headers).json(refusal.body);
    }
    return next();
  };
}
