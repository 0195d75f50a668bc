/** Stands for the app in a worker, and dies while it is loaded. */
throw new Error("dying start");
