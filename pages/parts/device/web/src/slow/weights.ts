/** The weights file of the slow method, and a graph joined to it; nst_core/export/slow_weights.py describes the format. */

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Places of the pieces from the data's start: 8-bit codes and their table, or float16 and no table; the bias. */
  readonly kernel: number;
  readonly table: number | null;
  readonly bias: number;
}

export interface Header {
  /** The loss terms, in the order of the graph's weights and results. */
  readonly terms: readonly string[];
  /** Term -> its magnitude on a photograph. */
  readonly units: Readonly<Record<string, number>>;
  readonly layers: readonly Layer[];
}

const MAGIC = "NSTSLOW1";
const ALIGNMENT = 16;
/** Values of a kernel in one position: 3 x 3 weights. */
const TAPS = 9;

/** The header of a weights file, and where its data starts. */
export function header(file: Uint8Array): { header: Header; start: number } {
  const text = new TextDecoder();
  if (text.decode(file.subarray(0, MAGIC.length)) !== MAGIC) throw new Error("this is no file of weights");
  const from = MAGIC.length + 4;
  const length = new DataView(file.buffer, file.byteOffset).getUint32(MAGIC.length, true);
  return { header: JSON.parse(text.decode(file.subarray(from, from + length))) as Header, start: from + length };
}

/** A complete LiteRT file: the graph, and behind it for each layer the kernel, the bias and the mirrored kernel. */
export function join(graph: Uint8Array, file: Uint8Array): Uint8Array<ArrayBuffer> {
  const { header: found, start } = header(file);
  const before = aligned(graph.length);
  const values = found.layers.reduce((sum, { inputs, outputs }) => sum + outputs * (2 * TAPS * inputs + 1), 0);
  const joined = new Uint8Array(before + 4 * values);
  joined.set(graph);
  let at = before;
  const piece = (length: number) => {
    const view = new Float32Array(joined.buffer, at, length);
    at += 4 * length;
    return view;
  };
  for (const layer of found.layers) {
    const kernel = piece(layer.outputs * TAPS * layer.inputs);
    decode(layer, file, start, kernel);
    piece(layer.outputs).set(floats(file, start + layer.bias, layer.outputs));
    mirror(kernel, piece(kernel.length), layer.inputs, layer.outputs);
  }
  return joined;
}

/** The kernel of the input gradient, [in, 3, 3, out], of a kernel [out, 3, 3, in]: turned by 180 degrees. */
export function mirror(kernel: Float32Array, into: Float32Array, inputs: number, outputs: number): void {
  for (let input = 0; input < inputs; input++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const to = (input * TAPS + TAPS - 1 - tap) * outputs;
      for (let output = 0, from = tap * inputs + input; output < outputs; output++, from += TAPS * inputs) {
        into[to + output] = kernel[from]!;
      }
    }
  }
}

function decode(layer: Layer, file: Uint8Array, start: number, into: Float32Array): void {
  const at = start + layer.kernel;
  if (layer.table === null) {
    const halves = new Uint16Array(file.slice(at, at + 2 * into.length).buffer);
    const table = halfTable();
    for (let n = 0; n < into.length; n++) into[n] = table[halves[n]!]!;
  } else {
    const table = floats(file, start + layer.table, 256);
    for (let n = 0; n < into.length; n++) into[n] = table[file[at + n]!]!;
  }
}

/** Every float16 as a float32, by its bits. */
export function halfTable(): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  });
}

function floats(file: Uint8Array, at: number, length: number): Float32Array {
  return new Float32Array(file.slice(at, at + 4 * length).buffer); // copied: the file need not be aligned in memory
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
