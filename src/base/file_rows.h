// Rows of a matrix in a file, read into memory.
#pragma once

#include <string>

namespace rkeops {

/// Numbers in the byte order of this machine, and nothing else: one column after the
/// other, or one row after the other.
struct FileLayout {
  long long rows, columns;
  bool is_single;  // 4 bytes a number
  bool by_rows;
};

/// Reads rows [begin, begin + count), into columns of `count` numbers, and has the system
/// fetch as many behind them meanwhile. Throws (kind `argument`) where the file ends.
void read_file_rows(const std::string& path, const FileLayout& layout, long long begin,
                    long long count, double* into);

}  // namespace rkeops
