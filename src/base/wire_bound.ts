import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { grouped } from "./format.ts";

/** Servers send one or two, if any; each costs more than its bytes. */
const MAX_INFORMATIONAL = 32;

/** An answer that is too long on the wire. */
export class AnswerTooLong extends Error {
  override name = "AnswerTooLong";

  static inBytes(maxBytes: number): AnswerTooLong {
    return new AnswerTooLong(
      `The answer is longer than ${
        grouped(maxBytes)
      } bytes on the wire, including its head and informational answers`,
    );
  }

  static informational(max: number): AnswerTooLong {
    return new AnswerTooLong(
      `More than ${max} informational answers (HTTP 1xx) came before the answer`,
    );
  }
}

/**
 * Fails a request of `node:http` once its answer has more bytes than allowed. They are counted on the connection, because
 * nothing else sees them all: informational answers, heads, extensions of chunks, trailers.
 * @param maxBytes Called again for each piece that comes.
 * @param fail Must destroy the request.
 */
export function boundAnswer(
  request: ClientRequest,
  maxBytes: () => number,
  fail: (error: AnswerTooLong) => void,
): void {
  let informational = 0;
  request.on("information", () => {
    if (++informational > MAX_INFORMATIONAL) fail(AnswerTooLong.informational(MAX_INFORMATIONAL));
  });
  request.on("socket", (socket: Socket) => {
    let bytes = 0;
    const count = (piece: Uint8Array) => {
      bytes += piece.length;
      const max = maxBytes();
      if (bytes > max) fail(AnswerTooLong.inBytes(max));
    };
    socket.on("data", count);
    request.once("close", () => socket.off("data", count));
  });
}
