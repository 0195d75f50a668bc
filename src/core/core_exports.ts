/** What the core's module exports; documented with the sources in `assembly`. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  regionsStart(): number;
  setSeeds(start: number, factor: number): void;
  setRegions(
    group: number,
    groupBytes: number,
    events: number,
    eventsBytes: number,
    members: number,
    membersBytes: number,
    text: number,
    textBytes: number,
    ends: number,
  ): void;
  setMapping(
    at: number,
    host: number,
    metadata: number,
    id: number,
    cursor: number,
    expand: number,
    rules: number,
    cursorCounts: number,
    asText: number,
  ): void;
  lz4(source: number, length: number, target: number, capacity: number): number;
  deflate(
    from: number,
    length: number,
    tokens: number,
    tokensBytes: number,
    target: number,
  ): number;
  beginPage(at: number, length: number, numbersGoOn: number): number;
  resumePage(numbersGoOn: number): number;
  fillBatch(
    bytes: number,
    events: number,
    maxBytes: number,
    maxEvents: number,
    maxEventBytes: number,
  ): number;
  setNewestTime(sec: number): void;
  position(): number;
  jsonKind(from: number, to: number): number;
  escape(from: number, to: number, target: number): number;
  readonly batchBytes: WebAssembly.Global;
  readonly batchEvents: WebAssembly.Global;
  readonly rejectedBytes: WebAssembly.Global;
  readonly oddTimes: WebAssembly.Global;
  readonly droppedLogs: WebAssembly.Global;
  readonly replacedIndexes: WebAssembly.Global;
  readonly groupNeeded: WebAssembly.Global;
  readonly eventsNeeded: WebAssembly.Global;
  readonly membersNeeded: WebAssembly.Global;
  readonly textNeeded: WebAssembly.Global;
  readonly failure: WebAssembly.Global;
  readonly failureAt: WebAssembly.Global;
}
