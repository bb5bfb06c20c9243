"""Against a real server: ENGRAM_URL and ENGRAM_API_KEY say where. Run by test/sdk/python.test.ts."""

import asyncio
import os
import socket
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import engram_client
from engram_client import _http

URL = os.environ["ENGRAM_URL"]
KEY = os.environ["ENGRAM_API_KEY"]
client = engram_client.EngramClient(URL + "/", api_key=KEY)


class Memories(unittest.TestCase):
    def test_stored_read_changed_found_forgotten_erased(self):
        stored = client.store_memory("Das Testsystem steht in Oslo ☃", category="state", tags=["Server"], importance=0.8)
        self.assertTrue(stored["created"])
        again = client.store_memory("Das Testsystem steht in Oslo ☃", category="state")
        self.assertEqual((again["id"], again["created"]), (stored["id"], False))
        memory = client.get_memory(stored["id"])
        self.assertEqual((memory["category"], memory["tags"], memory["importance"]), ("state", ["server"], 8))

        updated = client.update_memory(stored["id"], content="Das Testsystem steht in Bergen")
        self.assertNotEqual(updated["id"], stored["id"])
        best = client.search("Testsystem", limit=1)[0]
        self.assertEqual(best["memory"]["content"], "Das Testsystem steht in Bergen")
        self.assertIn("abstained", client.search_detailed("Testsystem"))
        self.assertIn("total_matched", client.search_faceted("Testsystem"))

        self.assertTrue(client.forget_memory(updated["id"], "moved")["ok"])
        self.assertEqual(client.search("Testsystem"), [])
        self.assertFalse(client.restore_memory(updated["id"])["is_forgotten"])
        self.assertTrue(client.forget_memory(updated["id"])["ok"])
        self.assertTrue(client.delete_memory(updated["id"])["deleted"])
        with self.assertRaises(engram_client.NotFoundError):
            client.get_memory(updated["id"])

    def test_listed_page_by_page(self):
        for n in range(5):
            client.store_memory(f"line {n} of the diary", source="diary")
        self.assertEqual(len(client.list_memories(limit=2, source="diary")), 2)
        all_of_them = [memory["content"] for memory in client.iter_memories(page_size=2, source="diary")]
        self.assertEqual(all_of_them, [f"line {n} of the diary" for n in (4, 3, 2, 1, 0)])

    def test_neighbourhood(self):
        first = client.store_memory("The bakery opens at six", session_id="walk")["id"]
        client.store_memory("The bakery sells rye bread", session_id="walk")
        near = client.graph_neighborhood(first, depth=2)
        self.assertGreaterEqual(len(near["nodes"]), 1)

    def test_batch(self):
        answer = client.batch([{"op": "store", "body": {"content": f"piece {n}"}} for n in range(3)])
        self.assertEqual((answer["succeeded"], answer["total"]), (3, 3))

    def test_in_a_space(self):
        client.raw_post("/spaces", {"name": "Büro"})
        office = engram_client.EngramClient(URL, KEY, space="Büro")
        made = office.store_memory("The plant needs water on Mondays")
        self.assertEqual([memory["id"] for memory in office.list_memories()], [made["id"]])


class Contexts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        client.store_memory("Releases are tagged on Thursdays", importance=9)

    def test_built(self):
        answer = client.build_context("when are releases tagged", max_tokens=400)
        self.assertIn("Thursdays", answer["context"])
        self.assertLessEqual(answer["total_tokens"], 400)

    def test_streamed(self):
        events = list(client.stream_context("when are releases tagged"))
        self.assertEqual(events[-1].event, "result")
        self.assertIn("Thursdays", events[-1].data["context"])
        self.assertEqual({event.event for event in events[:-1]}, {"progress"})


class Access(unittest.TestCase):
    def test_keys(self):
        made = client.create_key("robot", scopes="read")
        self.assertIn(made["id"], [key["id"] for key in client.list_keys()])
        reader = engram_client.EngramClient(URL, made["key"])
        with self.assertRaises(engram_client.ForbiddenError):
            reader.store_memory("no")
        client.revoke_key(made["id"])
        with self.assertRaises(engram_client.AuthError):
            reader.list_memories()

    def test_raw(self):
        self.assertEqual(client.raw_get("/health/live")["status"], "ok")
        made = client.raw_post("/store", {"content": "by hand"})
        self.assertEqual(len(client.raw_get("/list", {"limit": 1, "include_forgotten": True})["results"]), 1)
        self.assertTrue(client.raw_delete(f"/memory/{made['id']}")["deleted"])

    def test_bootstrap_works_once(self):
        with self.assertRaises(engram_client.EngramError) as raised:
            engram_client.EngramClient(URL).bootstrap()
        self.assertEqual(raised.exception.status, 403)


class Errors(unittest.TestCase):
    def test_what_is_wrong(self):
        with self.assertRaises(engram_client.ValidationError) as raised:
            client.store_memory("x", importance="high")
        error = raised.exception
        self.assertEqual((error.status, error.code), (400, "invalid_request"))
        self.assertEqual(error.request_id, error.body["request_id"])
        self.assertEqual(str(error), error.body["error"])

    def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            with self.assertRaises(engram_client.EngramError) as raised:
                engram_client.EngramClient(url, retries=0).list_memories()
        self.assertEqual(raised.exception.status, 0)
        self.assertRegex(str(raised.exception), "^The server could not be reached: ")


class Flaky:
    """Answers each request by the next act; the last one answers all that follow."""

    def __init__(self, *acts):
        self.requests = []
        self.waits = []
        flaky = self

        class Handler(BaseHTTPRequestHandler):
            def act(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                n = len(flaky.requests)
                flaky.requests.append(f"{self.command} {self.path}")
                acts[min(n, len(acts) - 1)](self)

            do_GET = do_POST = do_DELETE = act

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def client(self, timeout=5.0, retries=2):
        url = f"http://127.0.0.1:{self.server.server_port}"
        transport = _http.Transport(url, None, timeout, retries, None, sleep=self.waits.append)
        return engram_client.EngramClient(transport=transport)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def answer(status, body="{}", **headers):
    def act(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return act


def hang_up(handler):
    handler.close_connection = True


class Retries(unittest.TestCase):
    def test_waits_as_long_as_asked_or_longer_each_time(self):
        with Flaky(answer(429, Retry_After="7"), hang_up, answer(200, '{"memories": 1}')) as server:
            self.assertEqual(server.client().raw_get("/stats"), {"memories": 1})
            self.assertEqual(server.waits[0], 7)
            self.assertTrue(0.25 <= server.waits[1] <= 0.5)

    def test_not_for_what_may_have_happened(self):
        with Flaky(answer(503)) as server:
            with self.assertRaises(engram_client.ServerError):
                server.client().store_memory("once")
            self.assertEqual(server.requests, ["POST /memories"])
            with self.assertRaises(engram_client.ServerError):
                server.client().search("again")
            self.assertEqual(len(server.requests), 4)

    def test_not_for_longer_than_there_is_patience(self):
        with Flaky(answer(429, Retry_After="3600")) as server:
            with self.assertRaises(engram_client.RateLimitError) as raised:
                server.client().list_memories()
            self.assertEqual((raised.exception.retry_after, server.waits), (3600, []))

    def test_time_runs_out(self):
        done = threading.Event()
        with Flaky(lambda _: done.wait(10)) as server:
            with self.assertRaises(engram_client.EngramError) as raised:
                server.client(timeout=0.05).list_memories()
            done.set()
        self.assertEqual((raised.exception.status, str(raised.exception)), (408, "Request timeout"))

    def test_no_engram(self):
        with Flaky(answer(200, "<html>")) as server:
            with self.assertRaisesRegex(engram_client.EngramError, "is no JSON"):
                server.client().list_memories()

    def test_empty_answer(self):
        with Flaky(answer(204, "")) as server:
            self.assertIsNone(server.client().raw_delete("/anything"))

    def test_stream_cut_off(self):
        progress = 'event: progress\r\ndata: {"type": "phase"}\r\n\r\n'
        with Flaky(answer(200, progress)) as server:
            heard = []
            with self.assertRaisesRegex(engram_client.EngramError, "ended before"):
                for event in server.client().stream_context("q"):
                    heard.append(event.data)
            self.assertEqual(heard, [{"type": "phase"}])
        with Flaky(answer(200, 'event: error\ndata: {"error": "no"}\n\n')) as server:
            with self.assertRaisesRegex(engram_client.ServerError, "^no$"):
                list(server.client().stream_context("q"))


class Asynchronous(unittest.TestCase):
    def test_calls_and_streams(self):
        async def work():
            engram = engram_client.AsyncEngramClient(URL, KEY)
            made = await asyncio.gather(*(engram.store_memory(f"parallel thought {n}") for n in range(5)))
            self.assertEqual(len({memory["id"] for memory in made}), 5)
            found = [memory async for memory in engram.iter_memories(page_size=2)]
            self.assertGreaterEqual(len(found), 5)
            last = None
            async for event in engram.stream_context("parallel thought"):
                last = event.event
            self.assertEqual(last, "result")
            with self.assertRaises(engram_client.NotFoundError):
                await engram.get_memory(999_999)
            with self.assertRaises(AttributeError):
                engram.no_such_method

        asyncio.run(work())


if __name__ == "__main__":
    unittest.main()
