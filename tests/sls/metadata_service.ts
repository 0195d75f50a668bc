import { HttpServer } from "../../src/emulator/http/http_server.ts";
import type { HttpRequest, HttpResponse } from "../../src/emulator/core/http.ts";
import type { HttpAction } from "../../src/emulator/http/message.ts";

/** The metadata service of an ECS instance, for tests. */
export class MetadataService implements AsyncDisposable {
  /** Method, path and whether a session token came, of each request. */
  readonly requests: string[] = [];
  /** "v1": no sessions; "v2": with and without; "hardened": with sessions alone. */
  mode: "v1" | "v2" | "hardened" = "v2";
  role = "forwarder";
  /** What the role's page says; 404 when undefined. */
  answer: string | undefined = JSON.stringify({
    Code: "Success",
    AccessKeyId: "STS.id",
    AccessKeySecret: "secret",
    SecurityToken: "token",
    Expiration: "2126-10-06T08:30:00Z",
  });
  hangs = false;
  readonly #server = HttpServer.start({ handler: (request) => this.#answerTo(request) });

  get url(): string {
    return this.#server.url;
  }

  #answerTo({ method, path, headers }: HttpRequest): HttpAction | HttpResponse {
    const session = headers.get("x-aliyun-ecs-metadata-token");
    this.requests.push(`${method} ${path}${session === null ? "" : " in session"}`);
    if (this.hangs) return { do: "hang" };
    if (method === "PUT" && path === "/latest/api/token") {
      const ttl = Number(headers.get("x-aliyun-ecs-metadata-token-ttl-seconds"));
      if (this.mode === "v1") return { status: 404, body: "no such page" };
      const right = Number.isInteger(ttl) && ttl >= 1 && ttl <= 21_600;
      return right ? { status: 200, body: "session-1\n" } : { status: 400 };
    }
    if (session === null && this.mode === "hardened") return { status: 403 };
    if (session !== null && session !== "session-1") return { status: 401 };
    const folder = "/latest/meta-data/ram/security-credentials/";
    if (path === folder) return { status: 200, body: this.role };
    if (path !== folder + this.role || this.answer === undefined) return { status: 404 };
    return { status: 200, body: this.answer };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
