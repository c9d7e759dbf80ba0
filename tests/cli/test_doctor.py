"""``pyflink-ml-embedded doctor``."""


def test_healthy_environment_is_all_ok(run_command):
    """The environment that `make` sets up has all that the provider needs."""
    result = run_command("doctor")
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 7


def test_missing_java_is_named_with_its_remedy(run_command, tmp_path):
    """PyFlink itself says only that a file does not exist."""
    result = run_command("doctor", JAVA_HOME=str(tmp_path))
    assert result.returncode == 1
    assert f"PROBLEM  Java          {tmp_path}/bin/java: No such file" in result.stdout
    assert "Install a JDK 17, or set JAVA_HOME to one." in result.stdout
