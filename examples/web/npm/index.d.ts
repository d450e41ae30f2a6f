/** Pixels as `getImageData` gives them: RGBA bytes, row by row; 8 or more each way, as of every image. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * What an image may be: pixels, something that a canvas can draw, or an image file. Alpha is left out: the colours beneath transparent
 * pixels count, as in Python. A canvas, an ImageBitmap and a video have none there: black.
 */
export type Image = Pixels | ImageData | HTMLImageElement | HTMLVideoElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap | VideoFrame | Blob;

/** x, y, width, height in pixels; (0, 0) is the corner of the image's first pixel. */
export type Box = [x: number, y: number, width: number, height: number];

/** "auto": WebGPU where it is there and works, else WebAssembly. */
export type Provider = "auto" | "webgpu" | "wasm";

/** A person's place, as `find` gives it. */
export interface Person {
  box: Box;
  /** Whether somebody was found there with certainty. */
  sure: boolean;
}

export interface Pose {
  /** For each joint of JOINT_NAMES, x and y in pixels of the image. A bundle has all joints, or the first 17. */
  keypoints: [x: number, y: number][];
  /** For each joint, millimetres from the pelvis: x right, y down, z away from the camera. */
  joints3d: [x: number, y: number, z: number][];
  /** For each joint, 0 to 1. */
  confidence: number[];
  /** The box in which the pose was estimated. */
  box: Box;
  /** The pyramid after which the network was cut, and the side of the crop that it saw, in pixels. */
  cut: number;
  size: number;
  /** Milliseconds from the call, or `begin`, to this pose. */
  latencyMs: number;
  /** Nobody was found with certainty: the pose is a guess. */
  unsure: boolean;
  /** The frame rate that was asked for cannot be held here, not even by the fastest operating point. */
  outOfReach: boolean;
}

export interface PoseOptions {
  /** Frames per second to hold; refused before `prepare` has run. */
  targetFps?: number | null;
  /** A fixed operating point, instead of a rate; the most accurate without either. */
  cut?: number | null;
  size?: number | null;
}

export interface PredictOptions extends PoseOptions {
  /** Where the person is; found by the estimator without it. */
  box?: Box | null;
  /** The same, as `find` gave it. */
  person?: Person | null;
  /**
   * In a video, the pose that `predict` gave the same person in the frame before, not smoothed and not older than about 0.2 s: answers
   * are steadier, and sides swap less.
   */
  previous?: Pose | null;
  /** When the frame's time began, by `performance.now()`. */
  begin?: number;
}

export interface PredictAllOptions extends PoseOptions {
  /** How many people at most; null, as without it: everybody. */
  maxPeople?: number | null;
}

/** How fast each operating point is in this browser. Made by `prepare`; JSON can keep it. */
export interface Profile {
  key: string;
  timings: Record<string, { p50: number[]; finder: number | null }>;
}

export interface Description {
  bundle: string;
  cuts: number[];
  sizes: number[];
  provider: "webgpu" | "wasm";
  threads: number;
}

/**
 * An image in, a pose out. Calls on one estimator wait for each other. What makes no sense is refused: a TypeError for an image, a
 * RangeError for an option, each in one line that says what would be right.
 */
export class Estimator {
  private constructor();

  /**
   * Opens a bundle.
   *
   * @param url The bundle's folder, with a slash at its end; the package's own `bundle/` by default.
   * @param ort The folder of ONNX Runtime Web, with a slash at its end; the package's own `ort/` by default.
   * @throws BundleError if the bundle is damaged or cannot be fetched; RangeError for another provider; Error if the engine cannot be loaded.
   */
  static open(url?: string | URL, provider?: Provider, ort?: string | URL): Promise<Estimator>;

  /** What runs where. */
  readonly description: Description;

  /**
   * Measures every operating point for some seconds, which `targetFps` needs. `kept` is an earlier result: if it is of this browser
   * and bundle, nothing is measured.
   */
  prepare(kept?: Profile | null, progress?: (size: number) => void): Promise<Profile>;

  /** The pose of one person: the one in `box`, or the most prominent. */
  predict(image: Image, options?: PredictOptions): Promise<Pose>;

  /** Everybody's poses, the most prominent first; empty where nobody is found with certainty. */
  predictAll(image: Image, options?: PredictAllOptions): Promise<Pose[]>;

  /** The most prominent person; the whole image, not sure, where there is none. */
  find(image: Image): Promise<Person>;

  /** Frees the engine's memory when the calls before have ended. Later calls are refused. */
  close(): Promise<void>;
}

/** A bundle that is damaged, incomplete or of another version. */
export class BundleError extends Error {}

/** The 28 joints, in the order of a pose's arrays. */
export const JOINT_NAMES: readonly string[];

/** The parent of each joint; -1 marks the pelvis. */
export const JOINT_PARENTS: readonly number[];

/** Joints that change places when the image is mirrored. */
export const FLIP_PAIRS: readonly (readonly [number, number])[];
