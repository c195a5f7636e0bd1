// The session of this browser: the CSRF token that goes with every change, and the way to the page to sign in.

let csrf = null;

export async function headers() {
  if (csrf === null) {
    const response = await fetch("/session");
    csrf = response.ok ? (await response.json()).csrf : "";
  }
  return csrf ? { "Content-Type": "application/json", "X-CSRF-Token": csrf } : { "Content-Type": "application/json" };
}

export function signIn() {
  location.assign("/login");
}
