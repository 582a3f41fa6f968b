/**
 * Whatever happens on the way, in the end every view is the server's: one viewer a transport and one that switches,
 * real sockets, real clients. CONVERGENCE_RUNS: how many runs (200). A failure prints seed and path;
 * CONVERGENCE_SEED and CONVERGENCE_PATH play that one run again.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plans } from './convergence-plan.ts';
import { ConvergenceRun, type RunReport } from './convergence-run.ts';

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 200);
const SEED = Number(process.env.CONVERGENCE_SEED ?? 20261120);
const PATH = process.env.CONVERGENCE_PATH;
/** Most of a run is waiting, so many share the process; not so many that all wait for the processor. */
const LANES = PATH === undefined ? 20 : 1;
const WITHIN_MS = 60_000 + (RUNS / LANES) * 10_000;

test(
  'C30, L30: after any changes, losses, repetitions, errors, cuts, stalls, switches and restarts all views are the server’s',
  async () => {
    expect(RUNS).toBeGreaterThan(0);
    const reports: RunReport[] = [];
    const property = fc.asyncProperty(plans, async (plan) => {
      reports.push(await ConvergenceRun.play(plan));
    });
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      fc.assert(property, {
        seed: SEED + lane,
        numRuns: PATH === undefined ? Math.ceil(RUNS / LANES) : 1,
        ...(PATH === undefined ? {} : { path: PATH }),
        // A smaller plan takes as long, and real sockets do not fail the same way twice.
        endOnFailure: true,
      }),
    );
    await Promise.all(lanes);
    // The trouble was there.
    for (const trouble of PATH === undefined ? (['dropped', 'repeated', 'spoilt'] as const) : []) {
      expect(Math.max(...reports.map((report) => report[trouble])), trouble).toBeGreaterThan(0);
    }
  },
  WITHIN_MS,
);
