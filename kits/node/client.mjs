// For whoever calls an API: its refusal becomes what the next sign-in is asked for.
const PARAMETER = /([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/**
 * Return the parameters of an authorization request that an API asks for (RFC 9470 section 4), null where a new sign-in
 * would not help. Add them to the usual ones, send the person, and call again with the new token, once.
 */
export function stepUp(status, wwwAuthenticate) {
  const found = {};
  for (const [, name, quoted, bare] of (wwwAuthenticate ?? "").matchAll(PARAMETER)) {
    found[name.toLowerCase()] = quoted === undefined ? bare : quoted.replace(/\\(.)/g, "$1");
  }
  if (status !== 401 || found.error !== "insufficient_user_authentication") return null;
  return Object.fromEntries(["acr_values", "max_age"].filter((one) => found[one]).map((one) => [one, found[one]]));
}
