// How much searching a frame may pay for: which finder runs, how often, and who settles a doubt. Pure: costs come in.
// Twins: sspnet_sdk/frame_rate/search_plan.py, cpp/src/search_plan.cpp; all three replay tests/search_cases.json.

const SHARE = 0.4; // of the frame budget that finding the person may take
const FEWEST_RUNS = 2; // under a frame rate: a pose beside the person is worth nothing, however early
const UNLIMITED_RUNS = 1000;
const LOOKS = 3; // at small people, from nearer
const LOOKS_FOR_EVERYBODY = 20;
const FINER_COST = 4; // of a finder with twice as many cells each way, against the one beside it
const CHOOSING_COST = 5; // of the poses that say who is a person

/**
 * The search that the goal leaves time for: {size, looks, finer, poses, everybody}.
 *
 * size: input of the finder that runs, in pixels. looks: so many small people, at most, are looked at again from nearer; with
 * `oneLook`, by poses. finer: the finder of twice the size may be asked where nobody is clear. poses: poses may say who is a person
 * where nobody is clear.
 *
 * finders: {sizes (ascending, not empty), finer (those beside which there is a finder of twice the size), costMs (size → what a run
 * takes now; only sizes that were measured), oneLook (one run over the whole picture also finds small people; poses settle doubts)}.
 * goal: {budgetMs, deadlineMs}, each a number or null. patient: search whatever that costs; a goal then only forgoes what a doubt
 * costs.
 */
export function planSearch(finders, goal, everybody = false, patient = false) {
  const { size, runs } = affordable(finders, patient ? { budgetMs: null, deadlineMs: null } : goal);
  const hurry = patient && goal.budgetMs !== null;
  const looks = Math.min(everybody ? LOOKS_FOR_EVERYBODY : LOOKS, runs - 1);
  if (finders.oneLook) return { size, looks: hurry ? 0 : looks, finer: false, poses: !hurry && looks > 0, everybody };
  const left = hurry ? 0 : runs - 1 - 2 * looks;
  const finer = left > FINER_COST && finders.finer.includes(size);
  return { size, looks, finer, poses: left > FINER_COST + CHOOSING_COST, everybody };
}

/** Finder size and number of runs that the budget allows. Two are preferred where one pass gives a rough box. */
function affordable({ sizes, costMs, oneLook }, { budgetMs, deadlineMs }) {
  if (budgetMs === null) return { size: sizes.at(-1), runs: UNLIMITED_RUNS };
  const fewest = deadlineMs !== null || oneLook ? 1 : FEWEST_RUNS;
  const share = SHARE * budgetMs;
  const measured = sizes.filter((size) => size in costMs);
  if (measured.length === 0) return { size: sizes[0], runs: fewest };
  const fitting = (runs) => measured.findLast((size) => runs * costMs[size] <= share);
  const size = (oneLook ? undefined : fitting(2)) ?? fitting(1) ?? measured[0];
  return { size, runs: Math.max(fewest, Math.floor(Math.min(share / costMs[size], UNLIMITED_RUNS))) };
}
