import type { Measured } from "./measure.ts";

/** Above the lines of `lineOf`. */
export const headLine =
  "scenario            MB/CPU-s  kernel  ratio   goal    MB/s  cores  peak MB  wire/raw  first pull s";

/** One scenario's figures as a line of the table. */
export function lineOf(measured: Measured, goal: number | undefined): string {
  const {
    name,
    rawMbPerCpuSec,
    kernelMbPerCpuSec,
    ratioToKernel,
    rawMbPerSec,
    cpuShare,
    peakRssMb,
    wireBytesPerRawByte,
    startToFirstPullSec,
  } = measured;
  return name.padEnd(18) + [
    rawMbPerCpuSec.toFixed(0).padStart(10),
    kernelMbPerCpuSec.toFixed(0).padStart(8),
    ratioToKernel.toFixed(2).padStart(7),
    (goal?.toFixed(2) ?? "-").padStart(7),
    rawMbPerSec.toFixed(1).padStart(8),
    cpuShare.toFixed(2).padStart(7),
    peakRssMb.toFixed(0).padStart(9),
    wireBytesPerRawByte.toFixed(3).padStart(10),
    startToFirstPullSec.toFixed(2).padStart(14),
  ].join("");
}
