/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface of ONNX Runtime, as far as it is used. Declared by hand, because the wheel of
   onnxruntime has the library but not its header onnxruntime_c_api.h. */
#ifndef PYFLINK_ML_EMBEDDED_ONNXRUNTIME_H
#define PYFLINK_ML_EMBEDDED_ONNXRUNTIME_H

#include <stddef.h>
#include <stdint.h>

typedef struct OrtEnv OrtEnv;
typedef struct OrtStatus OrtStatus; /* NULL for success */
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;

/* Values of ONNXTensorElementDataType. */
enum {
    ORT_FLOAT = 1,
    ORT_UINT8 = 2,
    ORT_INT8 = 3,
    ORT_UINT16 = 4,
    ORT_INT16 = 5,
    ORT_INT32 = 6,
    ORT_INT64 = 7,
    ORT_BOOL = 9,
    ORT_DOUBLE = 11,
    ORT_UINT32 = 12,
    ORT_UINT64 = 13,
};

/* Values of OrtLoggingLevel, of OrtAllocatorType and of OrtMemType. */
enum { ORT_LOG_ERROR = 3, ORT_LOG_FATAL = 4, ORT_ARENA_ALLOCATOR = 1, ORT_MEMORY_DEFAULT = 0 };

/* A function of the table OrtApi: its name here, its index in the table, its result and its
   parameters. The order of the table is part of the library's ABI: functions are only added. */
#define ORT_FUNCTIONS(FUNCTION)                                                                    \
    FUNCTION(get_error_code, 1, int, (const OrtStatus *))                                          \
    FUNCTION(get_error_message, 2, const char *, (const OrtStatus *))                              \
    FUNCTION(create_env, 3, OrtStatus *, (int level, const char *log_id, OrtEnv **))               \
    FUNCTION(create_session, 7, OrtStatus *,                                                       \
             (const OrtEnv *, const char *path, const OrtSessionOptions *, OrtSession **))         \
    FUNCTION(run, 9, OrtStatus *,                                                                  \
             (OrtSession *, const OrtRunOptions *, const char *const *input_names,                 \
              const OrtValue *const *inputs, size_t input_count, const char *const *output_names,  \
              size_t output_count, OrtValue **outputs))                                            \
    FUNCTION(create_session_options, 10, OrtStatus *, (OrtSessionOptions **))                      \
    FUNCTION(disable_mem_pattern, 17, OrtStatus *, (OrtSessionOptions *))                          \
    FUNCTION(disable_cpu_mem_arena, 19, OrtStatus *, (OrtSessionOptions *))                        \
    FUNCTION(set_session_log_severity_level, 22, OrtStatus *, (OrtSessionOptions *, int level))    \
    FUNCTION(set_session_graph_optimization_level, 23, OrtStatus *,                                \
             (OrtSessionOptions *, int level))                                                     \
    FUNCTION(set_intra_op_num_threads, 24, OrtStatus *, (OrtSessionOptions *, int threads))        \
    FUNCTION(create_run_options, 39, OrtStatus *, (OrtRunOptions **))                              \
    FUNCTION(run_options_set_run_log_severity_level, 41, OrtStatus *, (OrtRunOptions *, int))      \
    FUNCTION(create_tensor_with_data_as_ort_value, 49, OrtStatus *,                                \
             (const OrtMemoryInfo *, void *data, size_t size, const int64_t *dimensions,           \
              size_t dimensions_count, int element_type, OrtValue **))                             \
    FUNCTION(get_tensor_mutable_data, 51, OrtStatus *, (OrtValue *, void **))                      \
    FUNCTION(get_tensor_element_type, 60, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, int *)) \
    FUNCTION(get_dimensions_count, 61, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, size_t *)) \
    FUNCTION(get_dimensions, 62, OrtStatus *,                                                      \
             (const OrtTensorTypeAndShapeInfo *, int64_t *, size_t count))                         \
    FUNCTION(get_tensor_type_and_shape, 65, OrtStatus *,                                           \
             (const OrtValue *, OrtTensorTypeAndShapeInfo **))                                     \
    FUNCTION(create_cpu_memory_info, 69, OrtStatus *,                                              \
             (int allocator_type, int memory_type, OrtMemoryInfo **))                              \
    FUNCTION(release_status, 93, void, (OrtStatus *))                                              \
    FUNCTION(release_memory_info, 94, void, (OrtMemoryInfo *))                                     \
    FUNCTION(release_session, 95, void, (OrtSession *))                                            \
    FUNCTION(release_value, 96, void, (OrtValue *))                                                \
    FUNCTION(release_run_options, 97, void, (OrtRunOptions *))                                     \
    FUNCTION(release_tensor_type_and_shape_info, 99, void, (OrtTensorTypeAndShapeInfo *))          \
    FUNCTION(release_session_options, 100, void, (OrtSessionOptions *))                            \
    FUNCTION(add_session_config_entry, 130, OrtStatus *,                                           \
             (OrtSessionOptions *, const char *key, const char *value))

typedef struct {
#define ORT_DECLARE(NAME, INDEX, RESULT, PARAMETERS) RESULT(*NAME) PARAMETERS;
    ORT_FUNCTIONS(ORT_DECLARE)
#undef ORT_DECLARE
    OrtEnv *env; /* lives as long as the process */
} OnnxRuntime;

/* Returns the library at this path, which stays loaded, or NULL with an exception set. Needs the
   GIL. */
const OnnxRuntime *onnxruntime_load(const char *path);

#endif
