"""Which files of a folder are photographs to label."""

from sspnet_train.labels.photographs import people_in


def test_folders_and_what_the_system_leaves_are_no_photographs(tmp_path):
    for name in ("b.jpg", "a/c.PNG", "._b.jpg", ".thumbnails/b.jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "sorted.jpg").mkdir()
    assert [person.photograph.relative_to(tmp_path).as_posix() for person in people_in(tmp_path)] == ["a/c.PNG", "b.jpg"]
