export { Estimator } from "./estimator/estimator.js";
export { BundleError } from "./estimator/bundle.js";
export { FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS } from "./estimator/joints.js";
