// Errors: a message in, an `Error` with the user's text and carets out. The one idea:
// text is cut into columns (one per character, not per byte) before anything is aligned
// with it.
#include "base/diagnostic.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rkeops {

namespace {

// Formulas written by programs have lines of many thousand characters; these are cut to a
// window.
constexpr int longest_line_shown = 100;
constexpr int shown_before_place = 40;
const char* const ellipsis = "...";

struct CharacterRange {
  unsigned char first_lead, last_lead;      // the first byte
  unsigned char first_second, last_second;  // the second byte
  size_t length;
};

// Table 3-7 of the Unicode standard: every well-formed character of more than one byte.
constexpr std::array<CharacterRange, 8> multibyte_characters = {{
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
}};

unsigned char byte_at(const std::string& text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool between(unsigned char byte, unsigned char first, unsigned char last) {
  return first <= byte && byte <= last;
}

// The number of bytes of the UTF-8 character that starts at `at`; 0 when none does.
size_t character_length(const std::string& text, size_t at) {
  if (byte_at(text, at) < 0x80) return 1;
  for (const CharacterRange& range : multibyte_characters) {
    if (!between(byte_at(text, at), range.first_lead, range.last_lead)) continue;
    if (!between(byte_at(text, at + 1), range.first_second, range.last_second)) return 0;
    for (size_t k = 2; k < range.length; ++k) {
      if (!between(byte_at(text, at + k), 0x80, 0xBF)) return 0;
    }
    return range.length;
  }
  return 0;
}

// One string per character. What has no width of one column is replaced: tabs and ends of
// lines by a blank, other control characters and broken UTF-8 (R refuses strings that
// contain it) by a question mark.
std::vector<std::string> columns_of(const std::string& text) {
  std::vector<std::string> columns;
  for (size_t at = 0; at < text.size();) {
    const size_t length = character_length(text, at);
    if (between(byte_at(text, at), '\t', '\r')) {
      columns.emplace_back(" ");
    } else if (length == 0 || byte_at(text, at) < 0x20 || byte_at(text, at) == 0x7F) {
      columns.emplace_back("?");
    } else {
      columns.push_back(text.substr(at, length));
    }
    at += std::max<size_t>(length, 1);
  }
  return columns;
}

int width_of(const std::string& text) {
  return static_cast<int>(columns_of(text).size());
}

// The part of a line that is shown; `begin` and `end` are the columns of the carets.
struct MarkedLine {
  std::vector<std::string> columns;
  int begin;
  int end;
  bool goes_on_before, goes_on_after;
};

// Is the byte one of those inside a character?
bool is_inside(const std::string& text, size_t at) {
  return between(byte_at(text, at), 0x80, 0xBF);
}

// A line may have millions of characters: what is far from the place is left out before
// anything is counted.
MarkedLine line_of(const std::string& text, Place place) {
  constexpr size_t bytes_a_character = 4;
  constexpr size_t near = bytes_a_character * 2 * longest_line_shown;
  const int size = static_cast<int>(text.size());
  const auto begin = static_cast<size_t>(std::clamp(place.begin, 0, size));
  const size_t line_start = begin == 0 ? 0 : text.rfind('\n', begin - 1) + 1;
  const size_t line_stop = std::min(text.find('\n', begin), text.size());
  size_t start = begin - line_start > near ? begin - near : line_start;
  while (start > line_start && is_inside(text, start)) --start;
  size_t stop = line_stop - begin > near ? begin + near : line_stop;
  while (stop < line_stop && is_inside(text, stop)) ++stop;
  const auto end = static_cast<size_t>(
      std::clamp(place.end, static_cast<int>(begin), static_cast<int>(stop)));

  MarkedLine line;
  line.columns = columns_of(text.substr(start, stop - start));
  line.begin = width_of(text.substr(start, begin - start));
  // At the end of a text there is nothing to mark: one caret stands behind it.
  line.end = std::max(line.begin + 1, width_of(text.substr(start, end - start)));
  line.goes_on_before = start > line_start;
  line.goes_on_after = stop < line_stop;
  return line;
}

void cut_to_window(MarkedLine& line) {
  const int size = static_cast<int>(line.columns.size());
  const int first = std::clamp(line.begin - shown_before_place, 0,
                               std::max(0, size - longest_line_shown));
  const int last = std::min(size, first + longest_line_shown);

  line.columns.erase(line.columns.begin() + last, line.columns.end());
  line.columns.erase(line.columns.begin(), line.columns.begin() + first);
  line.begin -= first;
  line.end = std::max(line.begin + 1, std::min(line.end - first, longest_line_shown));
  if (first > 0 || line.goes_on_before) {
    line.columns.insert(line.columns.begin(), ellipsis);
    line.begin += width_of(ellipsis);
    line.end += width_of(ellipsis);
  }
  if (last < size || line.goes_on_after) line.columns.push_back(ellipsis);
}

// "formula: ", or "formula, line 2: " when there are several lines.
std::string heading(const SourceText& source, Place place) {
  if (source.text.find('\n') == std::string::npos) return source.label + ": ";
  const auto size = static_cast<int>(source.text.size());
  const auto begin = source.text.begin();
  const auto newlines = std::count(begin, begin + std::clamp(place.begin, 0, size), '\n');
  return source.label + ", line " + std::to_string(newlines + 1) + ": ";
}

// Changes ASCII letters only, whatever the locale.
std::string lower_case(std::string text) {
  for (char& letter : text) {
    if ('A' <= letter && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

// The Damerau-Levenshtein distance, without edits inside a pair already exchanged: the
// least number of letters added, dropped, replaced, or exchanged with their neighbour.
int edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> distance(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) distance[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) distance[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      int& here = distance[i][j];
      here = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      here = std::min({here, distance[i - 1][j] + 1, distance[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        here = std::min(here, distance[i - 2][j - 2] + 1);
      }
    }
  }
  return distance[a.size()][b.size()];
}

}  // namespace

const char* error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::formula:
      return "formula";
    case ErrorKind::shape:
      return "shape";
    case ErrorKind::argument:
      return "argument";
    case ErrorKind::compile:
      return "compile";
    case ErrorKind::cache:
      return "cache";
    case ErrorKind::gpu:
      return "gpu";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorKind of_kind, std::string text, std::vector<std::string> with_details,
             std::vector<std::string> with_hints)
    : kind(of_kind),
      message(std::move(text)),
      details(std::move(with_details)),
      hints(std::move(with_hints)) {}

Error formula_error(const SourceText& source, Place place, std::string message,
                    std::vector<std::string> hints) {
  MarkedLine line = line_of(source.text, place);
  cut_to_window(line);

  std::string shown = heading(source, place);
  std::string carets(static_cast<size_t>(width_of(shown) + line.begin), ' ');
  for (const std::string& column : line.columns) shown += column;
  carets.append(static_cast<size_t>(line.end - line.begin), '^');
  return Error(ErrorKind::formula, std::move(message), {shown, carets}, std::move(hints));
}

Error internal_error(const std::string& message) {
  return Error(
      ErrorKind::internal, message, {},
      {"This is a bug of rkeops. Please report it, with the call that led to it: "
       "`bug.report(package = \"rkeops\")`."});
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  // longer names are no slip of the pen, and their distance takes long to count
  constexpr size_t longest = 200;
  if (name.size() > longest) return "";
  const std::string wanted = lower_case(name);
  int least = std::max(1, static_cast<int>(name.size()) / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    if (candidate.size() > longest) continue;
    const int distance = edit_distance(wanted, lower_case(candidate));
    // Names with no letter in common are not near, however short they are.
    const auto longer = static_cast<int>(std::max(name.size(), candidate.size()));
    if (distance < least && distance < longer) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace rkeops
