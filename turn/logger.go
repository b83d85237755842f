package turn

import (
	"log/slog"

	"github.com/pion/logging"
)

// libraryLogger passes on that the library had something to say, never what about:
// its arguments are addresses, usernames and error texts with either. The format
// alone says enough at debug. What it says for each packet is dropped unread.
type libraryLogger struct{ log *slog.Logger }

// NewLogger implements [logging.LoggerFactory].
func (l libraryLogger) NewLogger(string) logging.LeveledLogger { return l }

func (l libraryLogger) note(format string) { l.log.Debug("turn library", "said", format) }

func (l libraryLogger) Trace(string)          {}
func (l libraryLogger) Tracef(string, ...any) {}
func (l libraryLogger) Debug(string)          {}
func (l libraryLogger) Debugf(string, ...any) {}
func (l libraryLogger) Info(string)           {}
func (l libraryLogger) Warn(string)           {}
func (l libraryLogger) Error(string)          {}

func (l libraryLogger) Infof(format string, _ ...any)  { l.note(format) }
func (l libraryLogger) Warnf(format string, _ ...any)  { l.note(format) }
func (l libraryLogger) Errorf(format string, _ ...any) { l.note(format) }
