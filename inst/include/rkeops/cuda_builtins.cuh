// Generated code takes these from nvcc's host compiler; NVRTC has none.
//
// Macros, so that nothing changes if a later NVRTC knows the names itself.
#ifndef RKEOPS_CUDA_BUILTINS_CUH
#define RKEOPS_CUDA_BUILTINS_CUH

#define __builtin_memcpy(to, from, bytes) memcpy(to, from, bytes)
#define __builtin_inf() __longlong_as_double(0x7ff0000000000000)
#define __builtin_inff() __int_as_float(0x7f800000)
#define __builtin_nan(text) __longlong_as_double(0x7ff8000000000000)
#define __builtin_nanf(text) __int_as_float(0x7fc00000)

#endif
