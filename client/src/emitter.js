/** Calls a function of the application's: one that throws harms nobody but is reported by the platform. */
export function safely(call, ...given) {
  try {
    call(...given);
  } catch (e) {
    setTimeout(() => {
      throw e;
    });
  }
}

/** Handlers by type of event. */
export function emitter() {
  /* By type, each handler with what is called for it. */
  const handlers = new Map();

  function on(type, handler, called = handler) {
    if (!handlers.has(type)) handlers.set(type, new Map());
    handlers.get(type).set(handler, called);
    return () => off(type, handler);
  }

  function off(type, handler) {
    const some = handlers.get(type);
    if (some && handler) some.delete(handler);
    else handlers.delete(type);
  }

  return {
    on: (type, handler) => on(type, handler),
    off,
    once: (type, handler) =>
      on(type, handler, (event) => {
        off(type, handler);
        handler(event);
      }),
    clear: () => handlers.clear(),
    emit(type, event) {
      for (const [handler, called] of [...(handlers.get(type) || [])]) {
        const left = handlers.get(type);
        if (left?.get(handler) === called) safely(called, event);
      }
    },
  };
}
