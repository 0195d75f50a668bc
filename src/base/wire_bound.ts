import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { grouped } from "./format.ts";

/** A server sends one or two, if any; each costs more than its bytes. */
const MOST_INFORMATIONAL = 32;

/** An answer that is longer on the wire than an answer can be. */
export class AnswerTooLong extends Error {
  override name = "AnswerTooLong";

  static inBytes(most: number): AnswerTooLong {
    return new AnswerTooLong(
      `The answer is longer than ${
        grouped(most)
      } bytes on the wire, with its head and what comes between`,
    );
  }

  static informational(most: number): AnswerTooLong {
    return new AnswerTooLong(
      `More than ${most} informational answers (HTTP 1xx) came before the answer`,
    );
  }
}

/**
 * Fails a request of `node:http` once more bytes have come for its answer than there may be. They are counted on the
 * connection, as nothing else sees them all: informational answers, heads, extensions of chunks, trailers.
 * @param mostBytes Read again with each piece that comes.
 * @param fail Is to destroy the request.
 */
export function boundAnswer(
  request: ClientRequest,
  mostBytes: () => number,
  fail: (error: AnswerTooLong) => void,
): void {
  let informational = 0;
  request.on("information", () => {
    if (++informational > MOST_INFORMATIONAL) fail(AnswerTooLong.informational(MOST_INFORMATIONAL));
  });
  request.on("socket", (socket: Socket) => {
    let bytes = 0;
    const count = (piece: Uint8Array) => {
      bytes += piece.length;
      const most = mostBytes();
      if (bytes > most) fail(AnswerTooLong.inBytes(most));
    };
    socket.on("data", count);
    request.once("close", () => socket.off("data", count));
  });
}
