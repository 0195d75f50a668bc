/**
 * A LogGroupList of one group, and the same as one LZ4 block, made by hand from the vendor's
 * `log.proto` and accepted by the reference LZ4 decoder.
 */
export const workedBody = fromHex(`
0a690a2a0888fc8dc706120e0a056c6576656c12054552524f52120d0a036d736712066f6b20e994992515cd5b07
0a150889fc8dc706120d0a056c6576656c1204494e464f1a03617070220831302e302e302e31
32150a0c5f5f686f73746e616d655f5f12057765622d31`);

export const workedBlock = fromHex(`
f1230a690a2a0888fc8dc706120e0a056c6576656c12054552524f52120d0a036d736712066f6b20e994992515cd5b07
0a1508892c00140d2c00f01c04494e464f1a03617070220831302e302e302e31
32150a0c5f5f686f73746e616d655f5f12057765622d31`);

/** The group within, without its tag and length. */
export const workedGroup = workedBody.subarray(2);

/** The group's error or result. */
export const workedLogs = {
  topic: "app",
  source: "10.0.0.1",
  tags: [["__hostname__", "web-1"]],
  logs: [
    { timeSec: 1759739400, timeNs: 123456789, contents: [["level", "ERROR"], ["msg", "ok 错"]] },
    { timeSec: 1759739401, contents: [["level", "INFO"]] },
  ],
} as const;

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const digits = hex.replace(/\s/g, "");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
