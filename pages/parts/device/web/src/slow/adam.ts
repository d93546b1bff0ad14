/** Adam on the pixels, as nst_core/slow/optimizers/adam.py has it: epsilon outside of the bias correction. */

export interface AdamSettings {
  /** Step size, in units of the [0, 1] picture. */
  readonly learningRate: number;
  /** The learning rate at the last step over that at the first; a cosine between them. */
  readonly finalRatio: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decay of the moving average of pictures, which is the one to show; 0: the last picture is. */
  readonly averageDecay: number;
}

export class Adam {
  private readonly mean: Float32Array;
  private readonly square: Float32Array;
  private readonly average: Float32Array;
  private moves = 0;

  /** @param steps of the whole run, for the learning rate. */
  constructor(readonly picture: Float32Array, private readonly settings: AdamSettings, private readonly steps: number) {
    [this.mean, this.square, this.average] = [0, 1, 2].map(() => new Float32Array(picture.length)) as [
      Float32Array, Float32Array, Float32Array,
    ];
  }

  /** Moves the picture down the gradient, within [0, 1]. */
  move(gradient: Float32Array): void {
    const { beta1, beta2, epsilon, averageDecay } = this.settings;
    const { picture, mean, square, average } = this;
    const rate = this.learningRate();
    this.moves++;
    const step = (rate * Math.sqrt(1 - beta2 ** this.moves)) / (1 - beta1 ** this.moves);
    for (let n = 0; n < picture.length; n++) {
      const slope = gradient[n]!;
      const m = (mean[n] = beta1 * mean[n]! + (1 - beta1) * slope);
      const s = (square[n] = beta2 * square[n]! + (1 - beta2) * slope * slope);
      const moved = picture[n]! - (step * m) / (Math.sqrt(s) + epsilon);
      picture[n] = Math.min(1, Math.max(0, moved));
      average[n] = averageDecay * average[n]! + (1 - averageDecay) * picture[n]!;
    }
  }

  /** The picture to show: the average of those so far, whose weights are divided out, or the last one. */
  shown(): Float32Array {
    const decay = this.settings.averageDecay;
    if (!decay || !this.moves) return this.picture;
    const weight = 1 - decay ** this.moves;
    return this.average.map((value) => Math.min(1, Math.max(0, value / weight)));
  }

  private learningRate(): number {
    const { learningRate, finalRatio } = this.settings;
    const left = (1 + Math.cos(Math.PI * Math.min(1, this.moves / this.steps))) / 2;
    return learningRate * (finalRatio + (1 - finalRatio) * left);
  }
}
