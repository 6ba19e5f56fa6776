"""Which program prints: the machine's if it is patched, the wheel's, else Debian's with a sentence."""

import pytest

from devtools import debian, printing, steps, styles

PATCHED = "echo 'wkhtmltopdf 0.12.3 (with patched qt)'"
UNPATCHED = "echo 'wkhtmltopdf 0.12.6'"


def make_program(path, text):
    """Write a program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(dev, tmp_path, monkeypatch):
    """Return a machine on whose path is nothing but a shell, and a function that sees what is done to it."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    which = printing.shutil.which
    monkeypatch.setattr(printing.shutil, "which", lambda name: which(name, path=str(tmp_path / "bin")))
    monkeypatch.setattr(printing.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(steps, "NEEDED_DISK", 0)
    done = []

    def prepare(program=PATCHED, failure=None):
        def run_pip(what, *arguments):
            done.append(arguments[-1])
            if failure:
                raise steps.Failure(failure)
            make_program(arguments[1] / "bin/wkhtmltopdf-pack", program)

        printing.prepare(run_pip, lambda: done.append("install"))
        return done

    return prepare


def test_a_patched_program_on_the_path_is_used(machine, tmp_path):
    make_program(tmp_path / "bin/wkhtmltopdf", PATCHED)
    assert machine() == []
    assert printing.search_path("/usr/bin") == "/usr/bin"


@pytest.mark.parametrize("debians", [True, False])
def test_else_the_wheel_is_used_under_the_name_that_odoo_looks_for(machine, tmp_path, debians):
    if debians:
        make_program(tmp_path / "bin/wkhtmltopdf", UNPATCHED)
    assert machine() == [printing.WHEEL]
    folder = printing.wheel_folder()
    assert printing.is_patched(folder / "wkhtmltopdf")
    assert printing.search_path("/usr/bin") == f"{folder}:/usr/bin"
    assert machine() == [printing.WHEEL]  # not downloaded again


def test_libraries_that_the_system_lacks_are_brought_without_installing(machine, monkeypatch):
    def unpack(folder, what, packages):
        (folder / "usr/lib").mkdir(parents=True)
        (folder / "usr/lib/libXrender.so.1").touch()

    monkeypatch.setattr(debian, "unpack_missing", unpack)
    needs_library = f'case "$LD_LIBRARY_PATH" in */system/usr/lib*) {PATCHED};; *) exit 127;; esac'
    assert machine(needs_library) == [printing.WHEEL]
    assert printing.is_patched(printing.wheel_folder() / "wkhtmltopdf")


@pytest.mark.parametrize("reason", ["unpatched", "network", "aarch64"])
def test_else_debians_is_installed_with_a_sentence_about_what_is_missing(
    machine, tmp_path, monkeypatch, capsys, reason
):
    monkeypatch.setattr(debian, "unpack_missing", lambda folder, what, packages: folder.mkdir())
    make_program(tmp_path / "bin/wkhtmltopdf", UNPATCHED)
    if reason == "aarch64":
        monkeypatch.setattr(printing.platform, "machine", lambda: "aarch64")
    done = machine(UNPATCHED, "no network" if reason == "network" else None)
    assert done[-1] == "install"
    assert "no letterhead and no page numbers" in capsys.readouterr().out
    assert printing.search_path("/usr/bin") == "/usr/bin"


def test_style_sheets_are_compiled_by_sassc_where_libsass_has_no_wheel(dev, monkeypatch):
    def unpack(folder, what, packages):
        make_program(folder / "usr/bin/sassc", 'echo "$LD_LIBRARY_PATH"')
        (folder / "usr/lib").mkdir()
        (folder / "usr/lib/libsass.so.1").touch()

    monkeypatch.setattr(debian, "unpack_missing", unpack)
    monkeypatch.setattr(steps, "NEEDED_DISK", 0)
    monkeypatch.setattr(styles.shutil, "which", lambda name: None)
    styles.prepare(lambda: pytest.fail("installed"))
    assert styles.search_path("/usr/bin") == "/usr/bin"
    monkeypatch.setattr(styles.platform, "machine", lambda: "aarch64")
    styles.prepare(lambda: pytest.fail("installed"))
    assert styles.search_path("/usr/bin") == f"/usr/bin:{styles.folder()}"
    assert steps.output_of([str(styles.folder() / "sassc")]) == f"{styles.folder()}/system/usr/lib\n"


def test_only_the_complaint_about_openssl_is_no_problem(dev):
    start = "2026-11-26 03:01:13,112 12 WARNING cb odoo.addons.base.models.ir_actions_report: wkhtmltopdf: "
    openssl = "QSslSocket: cannot resolve SSLeay\nQSslSocket: cannot call unresolved function sk_num\n \n"
    assert dev.log_problems(start + openssl) == []
    assert len(dev.log_problems(start + openssl.strip() + "\nExit with code 1 due to network error\n")) == 1
