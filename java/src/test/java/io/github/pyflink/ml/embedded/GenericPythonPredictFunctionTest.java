package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

/** The lifecycle, as far as it goes without Python. */
class GenericPythonPredictFunctionTest {

  private final GenericPythonPredictFunction function =
      new GenericPythonPredictFunction(
          new PythonModel(
              "fraud",
              "fraud.FraudModel",
              "{}",
              RowType.of(new BigIntType()),
              RowType.of(new BigIntType()),
              "/nowhere/python",
              false,
              new Loading(null, false, Duration.ZERO)),
          ErrorHandlingStrategy.FAILOVER);

  /** Flink ships it from the client to the TaskManagers. */
  @Test
  void is_serializable() throws IOException, ClassNotFoundException {
    GenericPythonPredictFunction copy = InstantiationUtil.clone(function);

    assertThatThrownBy(() -> copy.predict(GenericRowData.of(1L)))
        .hasMessage("The predict function of model 'fraud' is NEW, not OPEN");
  }

  @Test
  void closes_twice_before_it_was_opened() {
    function.close();

    assertThatCode(function::close).doesNotThrowAnyException();
  }

  @Test
  void closes_after_it_failed_to_open() {
    assertThatThrownBy(this::open).isInstanceOf(TableException.class);

    assertThatCode(function::close).doesNotThrowAnyException();
  }

  @Test
  void does_not_open_again_after_close() {
    function.close();

    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is CLOSED, not NEW");
  }

  /** Flink's PredictFunction.eval prints the row in which predict failed. */
  @Test
  void values_of_a_failed_row_are_hidden_from_flinks_message() {
    assertThatThrownBy(() -> function.eval(4929123456781234L))
        .hasMessage("Failed to execute prediction with input row +I((hidden)).")
        .satisfies(
            failure ->
                assertThat(failure)
                    .hasStackTraceContaining("NEW, not OPEN")
                    .message()
                    .doesNotContain("4929123456781234"));
  }

  /** The context has no task. */
  private void open() throws IOException {
    function.open(new FunctionContext(null, null, null));
  }
}
