#include "base/file_rows.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/open_file.h"

namespace rkeops {

namespace {

constexpr long long numbers_at_once = 1 << 16;  // that are converted: half a megabyte

class Reader {
 public:
  Reader(const std::string& path, const FileLayout& layout)
      : path_(path), layout_(layout), file_(path) {}

  // `count` numbers from place `first` on, as they are.
  template <class Number>
  void read(long long first, long long count, Number* into) const {
    char* to = reinterpret_cast<char*>(into);
    size_t left = size_t(count) * sizeof(Number);
    off_t place = off_t(first) * off_t(sizeof(Number));
    while (left > 0) {
      const ssize_t got = pread(file_, to, left, place);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw file_error(path_);
      if (got == 0)
        throw Error(ErrorKind::argument, "The file `" + path_ + "` ends too early.");
      to += got;
      place += got;
      left -= size_t(got);
    }
  }

  // Every number of a range, converted: use(k, number) for the k-th.
  template <class Number, class Use>
  void for_each(long long first, long long count, const Use& use) const {
    std::vector<Number> some(size_t(std::min(count, numbers_at_once)));
    for (long long done = 0; done < count; done += numbers_at_once) {
      const long long now = std::min(numbers_at_once, count - done);
      read(first + done, now, some.data());
      for (long long k = 0; k < now; ++k) use(done + k, double(some[size_t(k)]));
    }
  }

  void fetch(long long first, long long count) const {
#ifdef POSIX_FADV_WILLNEED
    const off_t size = layout_.is_single ? 4 : 8;
    posix_fadvise(file_, off_t(first) * size, off_t(count) * size, POSIX_FADV_WILLNEED);
#else
    (void)first, (void)count;
#endif
  }

 private:
  const std::string& path_;
  const FileLayout& layout_;
  const OpenFile file_;
};

template <class Number>
void read_rows_one_by_one(const Reader& reader, long long columns, long long begin,
                          long long count, double* into) {
  long long row = 0, column = 0;
  reader.for_each<Number>(begin * columns, count * columns, [&](long long, double value) {
    into[column * count + row] = value;
    if (++column == columns) column = 0, ++row;
  });
}

void read_column(const Reader& reader, bool is_single, long long first, long long count,
                 double* into) {
  if (!is_single) return reader.read(first, count, into);
  reader.for_each<float>(first, count,
                         [&](long long k, double value) { into[k] = value; });
}

}  // namespace

void read_file_rows(const std::string& path, const FileLayout& layout, long long begin,
                    long long count, double* into) {
  if (count == 0 || layout.columns == 0) return;
  const Reader reader(path, layout);
  const long long end = begin + count, next = std::min(count, layout.rows - end);
  if (layout.by_rows) {
    if (layout.is_single)
      read_rows_one_by_one<float>(reader, layout.columns, begin, count, into);
    else
      read_rows_one_by_one<double>(reader, layout.columns, begin, count, into);
    if (next > 0) reader.fetch(end * layout.columns, next * layout.columns);
    return;
  }
  for (long long column = 0; column < layout.columns; ++column) {
    const long long first = column * layout.rows;
    read_column(reader, layout.is_single, first + begin, count, into + column * count);
    if (next > 0) reader.fetch(first + end, next);
  }
}

}  // namespace rkeops
