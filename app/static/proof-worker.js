// Looks for the number in a challenge: derives keys (PBKDF2) from 0 upwards until one begins as asked.
// In: the challenge. Out: {counter, derivedKey, time}, or {error} where the browser has no crypto.
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

onmessage = async ({ data: { parameters: asked } }) => {
  const begun = performance.now();
  const nonce = bytes(asked.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const kind = { name: "PBKDF2", hash: asked.algorithm.split("/")[1], salt: bytes(asked.salt), iterations: asked.cost };
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derived = hex(await crypto.subtle.deriveBits(kind, key, 8 * asked.keyLength));
    if (derived.startsWith(asked.keyPrefix)) {
      postMessage({ counter, derivedKey: derived, time: Math.round(performance.now() - begun) });
      return;
    }
  }
};
