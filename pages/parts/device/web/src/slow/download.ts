/** Downloads with progress. Addresses hold a hash of the file, so the browser's own cache keeps it for ever. */

/** @param onProgress gets the bytes so far, and the whole size if it is known, else 0. */
export async function download(address: string, onProgress: (bytes: number, total: number) => void): Promise<Uint8Array> {
  const answer = await fetch(address);
  if (!answer.ok || !answer.body) throw new Error(`${address} answered ${answer.status}`);
  // A compressed answer's length is not that of its content.
  const total = answer.headers.get("content-encoding") ? 0 : Number(answer.headers.get("content-length"));
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    onProgress((bytes += value.length), total);
  }
  const whole = new Uint8Array(bytes);
  pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
  return whole;
}
