import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/** Of each socket that is watched: the error of its first write that failed. */
const watched = new WeakMap<Duplex, { error: Error | undefined }>();

/**
 * Keeps a socket readable when writing to it fails. A gateway that refuses a request by its head answers and closes;
 * then writing the body fails, and by itself the socket would be destroyed with the answer still unread in it. In
 * place of that the write stays unfinished (`writableLength` does not fall), and reading goes on to the end of what
 * the other side sent. That end always comes, as the connection is broken.
 */
export function withholdWriteErrors(socket: Duplex): void {
  if (watched.has(socket)) return;
  const failure: { error: Error | undefined } = { error: undefined };
  watched.set(socket, failure);
  const withholding = (done: Done): Done => (error) => {
    if (error && !socket.destroyed) failure.error ??= error;
    else done(error);
  };
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, withholding(done));
  if (!writev) return;
  socket._writev = (chunks, done) => writev.call(socket, chunks, withholding(done));
}

/** Why writing to a watched socket failed, if it did. */
export function withheldWriteError(socket: Duplex | undefined): Error | undefined {
  return socket && watched.get(socket)?.error;
}
