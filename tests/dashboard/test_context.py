from urllib.parse import parse_qs, unquote, urlsplit

from dashboard.context import Context, MapAddress, image_address

CONTEXT = Context("guangzhou", "test", "source-val", ("run a", "run&b=c"))


def test_a_link_carries_the_whole_context() -> None:
    parts = urlsplit(CONTEXT.link("findings", {"finding": "Edema"}))

    assert parts.path == "/findings"
    assert parse_qs(parts.query) == {
        "target": ["guangzhou"],
        "split": ["test"],
        "policy": ["source-val"],
        "runs": ["run a", "run&b=c"],
        "finding": ["Edema"],
    }


def test_all_runs_need_no_name_in_a_link() -> None:
    assert "runs" not in Context("guangzhou", "test", "source-val").link("")


def test_names_in_image_addresses_cannot_add_folders_or_queries() -> None:
    hostile = "../../etc/passwd?x=1#"

    parts = urlsplit(image_address("chest", "run", hostile, "v1"))

    assert parts.path.count("/") == 4
    assert unquote(parts.path).endswith(f"{hostile}.png")
    assert parts.query == "v=v1"


def test_names_in_map_addresses_cannot_add_folders() -> None:
    address = MapAddress("chest", "run/..", "Edema", "a/b", "1")

    assert address.path == "/maps/chest/run%2F../Edema/a%2Fb.png"
