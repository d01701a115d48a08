// Whether tools/fit-schedule.cpp finds the constants of the model that times come from.
// From the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cuda_fit.cpp
//     src/run/cuda/cuda_schedule.cpp -o cuda_fit && ./cuda_fit
#define main main_of_fit_schedule
#include "../../../tools/fit-schedule.cpp"
#undef main

int main() { return check(); }
