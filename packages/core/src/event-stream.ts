import type { EngineEvent } from '@weir/contract';
import { type Observable, Subject } from 'rxjs';

/**
 * Carries what core has to tell to whoever observes. Delivery is synchronous and in order, and a view
 * in an event is valid only meanwhile. An observer decides nothing.
 */
export class EventStream {
  readonly #subject = new Subject<EngineEvent>();
  readonly events: Observable<EngineEvent> = this.#subject.asObservable();

  emit(event: EngineEvent): void {
    this.#subject.next(event);
  }

  complete(): void {
    this.#subject.complete();
  }
}
