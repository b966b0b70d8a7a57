import typer

from tests.fuzz.fuzzer import main

typer.run(main)
