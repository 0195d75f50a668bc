import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { grouped } from "./out_of_form.ts";

/** An answer that is longer on the wire than an answer can be. */
export class AnswerTooLong extends Error {
  override name = "AnswerTooLong";

  constructor(mostBytes: number) {
    super(
      `The answer is longer than ${
        grouped(mostBytes)
      } bytes on the wire: its head, its body and what comes between, ` +
        "such as informational answers (1xx) without end",
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
  request.on("socket", (socket: Socket) => {
    let bytes = 0;
    const count = (piece: Uint8Array) => {
      bytes += piece.length;
      const most = mostBytes();
      if (bytes > most) fail(new AnswerTooLong(most));
    };
    socket.on("data", count);
    request.once("close", () => socket.off("data", count));
  });
}
