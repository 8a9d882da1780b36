"""Unit tests of files/connectors.py, against a worker that keeps connectors in memory: python3 -B -m unittest discover tests/program"""
import http.server, importlib.util, io, json, pathlib, tempfile, threading, unittest, urllib.parse
from contextlib import redirect_stdout

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "files/connectors.py"
spec = importlib.util.spec_from_file_location("connectors", PROGRAM)
connectors = importlib.util.module_from_spec(spec)
spec.loader.exec_module(connectors)


class Connect(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def name(self):
        return urllib.parse.unquote(self.path.split("/")[2])

    def do_GET(self):
        if self.server.busy:
            return self.answer(self.server.busy.pop(), {"message": "busy"})
        return self.answer(200, {name: {"info": {"name": name, "config": config}} for name, config in self.server.kept.items()})

    def do_PUT(self):
        config = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "connector.class" not in config:
            return self.answer(400, {"message": "no class"})
        self.server.writes.append(("PUT", self.name()))
        self.server.kept[self.name()] = {**config, "name": self.name()}
        return self.answer(200, {})

    def do_DELETE(self):
        self.server.writes.append(("DELETE", self.name()))
        del self.server.kept[self.name()]
        return self.answer(204)

    def log_message(self, *_):
        pass


class ConnectorsTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Connect)
        self.server.kept, self.server.writes, self.server.busy = {}, [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_with(self, connectors_, remove=(), environment=()):
        worker = {"name": "debezium", "url": f"http://127.0.0.1:{self.server.server_port}", "connectors": connectors_, "remove": list(remove)}
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps({"workers": [worker], "variables": {"dollar": "$"}}))
        out = io.StringIO()
        with redirect_stdout(out):
            connectors.main(plan, self.folder, {"WAIT_SECONDS": "0", **dict(environment)})
        return out.getvalue()

    def file(self, name, definition):
        (self.folder / "debezium/one").mkdir(parents=True, exist_ok=True)
        (self.folder / "debezium/one" / name).write_text(json.dumps(definition))

    def test_a_second_run_writes_nothing_and_a_third_only_what_changed(self):
        configs = {"a": {"connector.class": "A", "tasks.max": 1, "on": True}, "b": {"connector.class": "B"}}
        self.assertIn("2 connectors, 2 written", self.run_with(configs))
        self.assertEqual(self.server.kept["a"], {"connector.class": "A", "tasks.max": "1", "on": "true", "name": "a"})
        self.server.writes.clear()
        self.assertIn("2 connectors, 0 written", self.run_with(configs))
        self.assertEqual(self.server.writes, [])
        configs["b"]["tasks.max"] = 2
        self.assertIn("b: changed tasks.max", self.run_with(configs))
        self.assertEqual(self.server.writes, [("PUT", "b")])

    def test_others_stay_and_named_ones_go(self):
        self.server.kept |= {"other": {"name": "other"}, "old": {"name": "old"}}
        self.run_with({"a": {"connector.class": "A"}}, ["old", "gone"])
        self.assertEqual(sorted(self.server.kept), ["a", "other"])

    def test_variables_are_put_in_and_references_of_the_worker_stay(self):
        config = {"connector.class": "A", "x": "${DB}.t", "y": "${dollar}Key", "p": "${directory:/s:k}", "z": "${UNKNOWN}"}
        self.run_with({"c_${DB}": config}, environment={"DB": "qa"})
        expected = {"connector.class": "A", "x": "qa.t", "y": "$Key", "p": "${directory:/s:k}", "z": "${UNKNOWN}", "name": "c_qa"}
        self.assertEqual(self.server.kept, {"c_qa": expected})

    def test_files_are_definitions_too_and_names_stand_once(self):
        self.file("b.json", {"name": "b", "config": {"connector.class": "B", "name": "b"}})
        self.run_with({"a": {"connector.class": "A"}})
        self.assertEqual(sorted(self.server.kept), ["a", "b"])
        self.file("a.json", {"name": "a", "config": {}})
        with self.assertRaises(connectors.Refused):
            self.run_with({"a": {"connector.class": "A"}})

    def test_a_refusal_is_told_and_a_busy_worker_is_asked_again(self):
        with self.assertRaisesRegex(connectors.Refused, "400"):
            self.run_with({"a": {}})
        self.server.busy = [409, 503]
        worker = connectors.Worker(f"http://127.0.0.1:{self.server.server_port}", 60, sleep=lambda _: None)
        with redirect_stdout(io.StringIO()):
            self.assertEqual(worker.present(), {})

    def test_a_worker_that_never_comes_is_given_up(self):
        times = iter([0, 1, 2, 100])
        worker = connectors.Worker("http://127.0.0.1:1", 10, sleep=lambda _: None, clock=lambda: next(times))
        with redirect_stdout(io.StringIO()), self.assertRaises(connectors.Refused):
            worker.present()

    def test_values_become_texts(self):
        self.assertEqual([connectors.as_text(one) for one in (True, 1, "a", ["x", 2], {"k": 1})], ["true", "1", "a", "x,2", '{"k":1}'])


if __name__ == "__main__":
    unittest.main()
