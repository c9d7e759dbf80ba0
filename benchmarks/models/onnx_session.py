"""How the benchmarks run an ONNX file: in the calling thread, without threads that spin."""

from onnxruntime import InferenceSession, SessionOptions


def open_session(file: str) -> InferenceSession:
    """Loads the file."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(file, options, providers=["CPUExecutionProvider"])
