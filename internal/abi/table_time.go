package abi

import "strconv"

// clockTicks are hundredths of a second.
var clockTicks = scalar{"ticks", 8, true, func(p *printer, v uint64) {
	p.decimal(int64(v))
	if v != 0 {
		p.comment(strconv.FormatFloat(float64(int64(v))/100, 'f', 2, 64) + " s")
	}
}}

var (
	clockID = scalar{"CLOCK_*", 4, true, func(p *printer, v uint64) {
		n := int32(v)
		if n >= 0 {
			p.enum(uint64(n), clockNames, "CLOCK_???")
			return
		}
		kind := names{{0, "PROF"}, {1, "VIRT"}, {2, "SCHED"}, {3, "FD"}}[n&3].text
		switch {
		case n&3 == 3:
			p.text("FD_TO_CLOCKID(")
			p.decimal(int64(^(n >> 3)))
			p.text(")")
		case n&4 != 0:
			p.text("MAKE_THREAD_CPUCLOCK(")
			p.decimal(int64(^(n >> 3)))
			p.text(", CPUCLOCK_" + kind + ")")
		default:
			p.text("MAKE_PROCESS_CPUCLOCK(")
			p.decimal(int64(^(n >> 3)))
			p.text(", CPUCLOCK_" + kind + ")")
		}
	}}
	clockNames = names{{0, "CLOCK_REALTIME"}, {1, "CLOCK_MONOTONIC"}, {2, "CLOCK_PROCESS_CPUTIME_ID"}, {3, "CLOCK_THREAD_CPUTIME_ID"},
		{4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"}, {6, "CLOCK_MONOTONIC_COARSE"}, {7, "CLOCK_BOOTTIME"},
		{8, "CLOCK_REALTIME_ALARM"}, {9, "CLOCK_BOOTTIME_ALARM"}, {10, "CLOCK_SGI_CYCLE"}, {11, "CLOCK_TAI"}}
	timerFlags   = flags("TIMER_*", 4, names{{1, "TIMER_ABSTIME"}}, "TIMER_???")
	timerfdFlags = flags("TFD_*", 4, names{{0x80000, "TFD_CLOEXEC"}, {0x800, "TFD_NONBLOCK"}}, "TFD_???")
	tfdSetFlags  = flags("TFD_TIMER_*", 4, names{{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}}, "TFD_???")
	itimerWhich  = enum("ITIMER_*", 4, names{{0, "ITIMER_REAL"}, {1, "ITIMER_VIRTUAL"}, {2, "ITIMER_PROF"}}, "ITIMER_???")
	timezone     = &structure{"timezone", 8, false, []field{{"tz_minuteswest", 0, i32}, {"tz_dsttime", 4, i32}}}
	tms          = &structure{"tms", 32, false, []field{{"tms_utime", 0, clockTicks}, {"tms_stime", 8, clockTicks}, {"tms_cutime", 16, clockTicks}, {"tms_cstime", 24, clockTicks}}}
	timerID      = scalar{"timer", 4, true, func(p *printer, v uint64) { p.decimal(int64(v)) }}
)

// sleepRest is what nanosleep leaves of the time when it is interrupted: it is
// written with the results EINTR and restart, and shown with EINTR only.
type sleepRest struct{ pointer }

func (t sleepRest) show(p *printer, v uint64) {
	const eintr, restart = -4, -516
	if p.result != eintr && p.result != restart || v == 0 {
		p.address(v)
		return
	}
	p.m = p.after
	defer func() { p.m = p.before }()
	if !p.readable(v, 16) {
		p.hex(v)
		return
	}
	timespec.showAt(p, v)
}

var timeLeft = sleepRest{outPtr(timespec).onError()}

var timeCalls = []Syscall{
	call(35, "nanosleep", inPtr(timespec), timeLeft),
	call(36, "getitimer", itimerWhich, outPtr(itimerval)),
	call(37, "alarm", u32),
	call(38, "setitimer", itimerWhich, inPtr(itimerval), outPtr(itimerval)),
	call(96, "gettimeofday", outPtr(timeval), outPtr(timezone)),
	call(100, "times", outPtr(tms)),
	call(159, "adjtimex", afterwards{ioPtr(timex)}),
	call(164, "settimeofday", inPtr(timeval), inPtr(timezone)),
	call(201, "time", outArray(seconds, literal(1))),
	// The kernel stores the number before it makes the timer.
	call(222, "timer_create", clockID, inPtr(sigevent), outPtr(timerID).onError()),
	call(223, "timer_settime", timerID, timerFlags, inPtr(itimerspec), outPtr(itimerspec)),
	call(224, "timer_gettime", timerID, outPtr(itimerspec)),
	call(225, "timer_getoverrun", timerID),
	call(226, "timer_delete", timerID),
	call(227, "clock_settime", clockID, inPtr(timespec)),
	call(228, "clock_gettime", clockID, outPtr(timespec)),
	call(229, "clock_getres", clockID, outPtr(timespec)),
	call(230, "clock_nanosleep", clockID, timerFlags, inPtr(timespec), timeLeft),
	call(283, "timerfd_create", clockID, timerfdFlags),
	call(286, "timerfd_settime", fd, tfdSetFlags, inPtr(itimerspec), outPtr(itimerspec)),
	call(287, "timerfd_gettime", fd, outPtr(itimerspec)),
	call(305, "clock_adjtime", clockID, afterwards{ioPtr(timex)}),
}
